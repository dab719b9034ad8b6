import type { KindWording, WordedKind } from './wording.ts';

/** The kinds of cases in Japanese, a row each; `found` is followed by を検出しました. */
export const kindsInJapanese: Readonly<Record<WordedKind, KindWording>> = {
  origin: {
    found: '登録されているrouteオブジェクトとは異なるOrigin ASからの経路広告',
    what: () => '登録と異なるOrigin ASによる、登録経路と同一の経路の広告',
  },
  'more-specific': {
    found: '登録されているrouteオブジェクトとは異なるOrigin ASからの経路広告',
    what: registered => `登録と異なるOrigin ASによる、登録経路${registered}より細かい経路の広告`,
  },
  'super-prefix': {
    found: '登録経路を包含する、異なるOrigin ASからの経路広告',
    what: registered => `登録と異なるOrigin ASによる、登録経路${registered}を包含する経路の広告`,
    checks: (offender, prefix) => [
      [
        '上位プロバイダーの集約経路',
        `${offender}が貴組織の上位プロバイダーであり、${prefix}がその保有ブロックである場合は、問題ありません。`,
      ],
      [
        '貴組織の経路の消失',
        '貴組織の経路が広告されていない場合、トラフィックは包含する経路に従います。まず、経路が広告されていることをご確認ください。',
      ],
    ],
  },
  squatting: {
    found: '広告されるはずのない経路の広告',
    what: registered => `広告元ASが登録されていない${registered}に含まれる経路の広告`,
    checks: (offender, prefix) => [
      [
        '登録漏れ',
        `${offender}が貴組織のために${prefix}を広告している場合は、routeオブジェクトの登録をお願いいたします。`,
      ],
    ],
  },
  'rpki-invalid': {
    found: 'RPKIのROAと矛盾する（Invalidとなる）経路広告',
    what: registered => `${registered}のROAで認められていない経路の広告`,
    checks: (offender, prefix) => [
      [
        'ROAの内容が古い、またはmaxLengthの不足',
        `${offender}による${prefix}の広告が正当な場合は、この経路とASに対するROAの発行をお願いいたします。`,
      ],
      [
        '他者によるROA',
        '貴組織のアドレスに対して、貴組織以外によるROAが発行されている場合は、割り当て元のレジストリにご連絡ください。',
      ],
    ],
  },
  'roa-vanished': {
    found: '経路を保護していたROAの消失',
    what: registered => `${registered}のROAの消失`,
    checks: () => [
      ['ROAの失効または取り下げ', 'レジストリの管理画面で、ROAが意図した状態であるかご確認をお願いいたします。'],
    ],
    over: 'ROAが再び発行されたため',
  },
  'roa-expiring': {
    found: '有効期限の近いROA',
    what: registered => `${registered}のROAの有効期限の接近`,
    checks: () => [['ROAの更新', '有効期限までにROAの更新をお願いいたします。']],
    over: 'ROAが更新されたため',
  },
  'trust-anchor': {
    found: 'RPKIのトラストアンカーの異常',
    what: registered => `トラストアンカーの異常による、${registered}に関するRPKIデータの欠落`,
    checks: () => [
      [
        '貴組織の設定によるものではありません',
        'トラストアンカーまたは検証サーバーの異常です。経路は最後に得られた正常なデータで判定しています。',
      ],
    ],
    over: 'トラストアンカーのデータが回復したため',
  },
  upstream: {
    found: 'Origin ASは正しいものの、登録されていない上流ASを経由する経路広告',
    what: () => '登録どおりのOrigin ASによる、認められていない上流ASを経由した経路の広告',
    checks: (_offender, prefix) => [
      [
        '新しい上流AS',
        `${prefix}について新しい上流ASまたはピアを追加された場合は、上流ASの設定またはASPAへの追加をお願いいたします。`,
      ],
      [
        'Origin ASの詐称',
        '当該ASとBGPセッションがない場合は、ASパスが詐称されています。当該ASの運用担当者にご連絡ください。',
      ],
    ],
  },
  path: {
    found: '監視規則に反するASパスを持つ経路広告',
    what: () => '登録どおりのOrigin ASによる、規則で認められていないASパスの経路の広告',
    checks: () => [['経路制御の変更', '意図した経路である場合は、監視規則の変更をお願いいたします。']],
  },
  leak: {
    found: '経路リーク（本来広告されるべきでない相手への経路広告）',
    what: () => '経由AS間の関係に反した、登録経路の再広告',
    checks: () => [
      [
        '上流・ピア向けのフィルター漏れ',
        'リークしているASに広告フィルターの修正をご依頼ください。それまでの間は、その1つ手前のASで経路を止めることができます。',
      ],
    ],
  },
  'private-as': {
    found: 'ASパスにプライベートASまたは予約済みASを含む経路広告',
    what: () => 'プライベートASまたは予約済みASを含むASパスによる、登録経路の広告',
    checks: () => [
      ['プライベートASの漏れ', '隣接するASの対外接続における「remove-private-as」の設定漏れが考えられます。'],
    ],
  },
  bogon: {
    found: 'インターネット上に広告されるべきでないアドレスの経路広告',
    what: () => '予約済みまたは未割り当てのアドレスの経路の広告',
    checks: () => [['フィルター漏れ', '広告元のASと、その1つ手前のASに、フィルターの設定をご依頼ください。']],
  },
  'ix-lan': {
    found: 'IXまたは事業者間の接続セグメントの経路広告',
    what: registered => `広告されるべきでない接続セグメント${registered}の経路の広告`,
    checks: () => [
      [
        'IXまたはプライベートピアリングのセグメント',
        '広告元のASに広告の停止（next-hop-selfの設定、connected経路の再広告の停止など）をご依頼ください。',
      ],
    ],
  },
  visibility: {
    found: '経路の到達性の低下（経路を保持しているピアの減少）',
    what: registered => `登録経路${registered}を保持しているピアの減少`,
    checks: () => [
      ['貴組織からの広告', '貴組織のルーターと上流ASが当該経路を広告していることをご確認ください。'],
      [
        'フィルター',
        '最近ROAまたはrouteオブジェクトを変更された場合は、それによって他のASで経路が拒否されている可能性があります。',
      ],
    ],
    over: '経路を保持しているピアの数が回復したため',
  },
  'new-prefix': {
    found: '貴組織のASからの、これまで観測されていない経路広告',
    what: () => '当該Origin ASによる新しい経路の広告',
    checks: (offender, prefix) => [
      [
        '未登録',
        `${offender}による${prefix}の広告が正当な場合は、routeオブジェクトの登録とROAの発行をお願いいたします。`,
      ],
      ['内部経路の漏れ', '対外的に広告されるべきでない経路である場合は、フィルターの設定をお願いいたします。'],
    ],
  },
  blackhole: {
    found: 'トラフィックの破棄を求める経路（ブラックホール経路）の広告',
    what: registered => `登録経路${registered}に含まれるブラックホール経路の広告`,
    checks: offender => [
      [
        '貴組織による依頼',
        `攻撃対策として貴組織が依頼されたものであれば、問題ありません。それ以外の場合は${offender}にご連絡ください。`,
      ],
    ],
  },
  moas: {
    found: '複数のOrigin ASからの同一経路の広告（MOAS）',
    what: registered => `登録経路${registered}の、複数のOrigin ASによる広告`,
  },
  'exception-ended': {
    found: '監視の例外設定の期限切れ',
    what: registered => `${registered}に対する例外設定の期限切れ`,
    checks: () => [['例外の継続', '引き続き例外が必要な場合は、新しい期限で設定し直してください。']],
  },
  other: {
    found: '登録内容と矛盾する経路広告',
    what: registered => `${registered}の登録内容と矛盾する経路の広告`,
  },
};
