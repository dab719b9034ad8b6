/** Words of trace peers. */

export const ENGLISH = {
  asked_: 'Asked',
  answered: 'Answered',
  refused: 'Refused',
  whoTakesPart: 'Who takes part',
  graph: 'Who takes part, on the AS graph',
  graphHelp:
    'This AS is on the left; those that take part and those between stand by their distance. Dashed frames take no part. Choose one to see who would be asked for packets from it.',
  graphSaid: (some: number, all: number) => `${some} of the ${all} ASes drawn take part; the table says the same.`,
  graphLeftOut: (n: number) => `Not drawn: ${n} more ASes that take part.`,
  graphAses: 'ASes on the graph',
  graphLinks: 'Links',
  linksKnown: 'Known by role / ASPA / paths',
  graphBuilt: 'Built',
  graphChanged: 'paths have changed since',
  askable: 'May be asked',
  onGraph: 'Of them on the graph',
  offGraph: 'Not on the graph',
  linkSaid: (from: string, to: string, relation: 'provider' | 'peer' | null) =>
    relation === 'provider'
      ? `${to} is a provider of ${from}`
      : relation === 'peer'
        ? `${from} and ${to} are peers`
        : `${from} and ${to}: nobody knows what they are to each other`,
  wave: (n: number) => `asked in wave ${n}`,
  latency: 'Latency',
  keeps: 'Keeps',
  honesty: 'Measured',
  contradicted: (n: number) => (n === 1 ? 'contradicts what it states' : `contradicts what it states (${n})`),
  seesOf: (share: string) => `sees ${share} of what passed`,
  falselyOf: (share: string) => `says yes falsely ${share}`,
  believed: 'Believed',
  beliefs: {
    configured: 'its certificate is configured',
    authority: 'an authority of a federation vouches for it',
    none: 'nothing speaks for it',
  },
  federations: 'Federations',
  roles: 'Roles',
  methods: 'Methods',
  recordUntil: 'Record good until',
  policy: 'Policy',
  frontier: 'Who would be asked for packets from it',
  askedItself: 'It takes part, and is asked itself.',
  cone: (n: number) => (n === 1 ? 'no customers' : `${n} ASes in its cone`),
  toldItsWay: 'has told its way here',
  hits: (n: number) => (n === 1 ? 'was the one once' : `was the one ${n} times`),
  passedAndBeyond: (passed: string, beyond: number) =>
    passed === ''
      ? `Beyond: ${beyond} ASes more.`
      : `Between, without taking part: ${passed}. Beyond: ${beyond} ASes more.`,
  clearSession: 'Begin the session anew',
  disableSession: 'Hold the session down',
  enableSession: 'Let the session come up',
  standings: {
    own: 'this AS',
    up: 'session is up',
    down: 'no session',
    idle: 'dialled when needed',
    disabled: 'held down here',
    known: 'takes part, no peer',
    doubted: 'nobody vouches for it',
    withdrawn: 'takes part no more',
    absent: 'takes no part',
  },
};

export const JAPANESE: typeof ENGLISH = {
  asked_: '問い合わせ',
  answered: '回答',
  refused: '拒否',
  whoTakesPart: '参加AS',
  graph: 'ASグラフ上の参加AS',
  graphHelp:
    '左が自ASで、参加ASと途中のASが距離順に並びます。破線は不参加です。選択すると、そこから来たパケットの問い合わせ先を表示します。',
  graphSaid: (some, all) => `図の${all} AS中${some} ASが参加しています。表にも同じ内容があります。`,
  graphLeftOut: n => `他に参加${n} ASは図にありません。`,
  graphAses: 'グラフ上のAS数',
  graphLinks: 'リンク数',
  linksKnown: '判明: ロール / ASPA / パス',
  graphBuilt: '作成',
  graphChanged: 'その後パスが変化',
  askable: '問い合わせ可能',
  onGraph: 'うちグラフ上',
  offGraph: 'グラフ外',
  linkSaid: (from, to, relation) =>
    relation === 'provider'
      ? `${to}は${from}のプロバイダ`
      : relation === 'peer'
        ? `${from}と${to}はピア`
        : `${from}と${to}の関係は不明`,
  wave: n => `第${n}波で問い合わせ`,
  latency: '遅延',
  keeps: '保持期間',
  honesty: '測定結果',
  contradicted: n => `申告と矛盾 (${n})`,
  seesOf: share => `通過分の${share}を観測`,
  falselyOf: share => `誤った肯定${share}`,
  believed: '信頼の根拠',
  beliefs: {
    configured: '証明書が設定済み',
    authority: '連合の認証局が保証',
    none: '根拠なし',
  },
  federations: '連合',
  roles: '役割',
  methods: '方式',
  recordUntil: '参加記録の期限',
  policy: 'ポリシー',
  frontier: 'ここから来たパケットの問い合わせ先',
  askedItself: '参加ASなので直接問い合わせます。',
  cone: n => `顧客コーン${n} AS`,
  toldItsWay: '経路を申告済み',
  hits: n => `的中${n}回`,
  passedAndBeyond: (passed, beyond) =>
    passed === '' ? `その先に${beyond} AS。` : `途中の不参加AS: ${passed}。その先に${beyond} AS。`,
  clearSession: 'セッションを張り直す',
  disableSession: 'セッションを止める',
  enableSession: 'セッションを再開する',
  standings: {
    own: '自AS',
    up: '接続中',
    down: '接続なし',
    idle: '必要時に接続',
    disabled: '停止中',
    known: '参加 (ピアでない)',
    doubted: '保証なし',
    withdrawn: '参加を終了',
    absent: '不参加',
  },
};
