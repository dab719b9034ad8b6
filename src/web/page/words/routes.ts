/** Words of the search for routes. */

export const ENGLISH = {
  search: 'Search',
  address: 'Prefix or address',
  longer: 'and all inside it',
  noRoutes: 'No such route is held.',
  validity: 'IRR and RPKI',
  nextHop: 'Next hop',
};

export const JAPANESE: typeof ENGLISH = {
  search: '検索',
  address: 'プレフィックスまたはアドレス',
  longer: '内側も含む',
  noRoutes: '該当する経路はありません。',
  validity: 'IRRとRPKI',
  nextHop: 'ネクストホップ',
};
