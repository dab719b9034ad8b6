/** Words of the registry. */

export const ENGLISH = {
  sources: 'Registry sources',
  source: 'Source',
  objects: 'Objects',
  age: 'Age',
  serial: 'Serial',
};

export const JAPANESE: typeof ENGLISH = {
  sources: 'レジストリの情報源',
  source: '情報源',
  objects: 'オブジェクト数',
  age: '経過時間',
  serial: 'シリアル',
};
