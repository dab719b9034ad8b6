/** Words of trace peers. */

export const ENGLISH = {
  asked_: 'Asked',
  answered: 'Answered',
  refused: 'Refused',
};

export const JAPANESE: typeof ENGLISH = {
  asked_: '問い合わせ',
  answered: '回答',
  refused: '拒否',
};
