/** Words of traces. */

export const ENGLISH = {
  latestTraces: 'The latest traces',
  noTraces: 'Nothing was traced yet.',
  trace: 'Trace',
  asked: 'Asked',
  entry: 'Entry',
  noEntry: 'no entry found',
  certainty: 'Certainty',
  ambiguity: 'Possible beyond the entry',
  queries: 'Queries',
  tree: 'Attack tree',
  treeHelp: 'From the AS that asked, on the left, towards the entry.',
  ingress: 'Came in from',
  source_: 'began here',
};

export const JAPANESE: typeof ENGLISH = {
  latestTraces: '最近の追跡',
  noTraces: '追跡はまだありません。',
  trace: '追跡',
  asked: '依頼',
  entry: '流入点',
  noEntry: '流入点は見つかりません',
  certainty: '確度',
  ambiguity: '流入点より先の候補',
  queries: '問い合わせ数',
  tree: '攻撃木',
  treeHelp: '左が依頼したAS、右が流入点の方向です。',
  ingress: '流入元',
  source_: '発生元',
};
