/** Words of the overview. */

export const ENGLISH = {
  problems: 'Problems',
  noProblems: 'No problems.',
  peers: 'BGP peers',
  openCases: 'Open cases',
  noCases: 'No case is open.',
};

export const JAPANESE: typeof ENGLISH = {
  problems: '問題',
  noProblems: '問題はありません。',
  peers: 'BGPピア',
  openCases: '継続中の案件',
  noCases: '継続中の案件はありません。',
};
