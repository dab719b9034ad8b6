import { maintainerIn } from '../hijack/recipients.ts';
import { HINTS_JA } from './hints-ja.ts';
import { kindsInJapanese } from './kinds-ja.ts';
import type { Wording } from './wording.ts';

export const japanese: Wording = {
  follows: '（後半に日本語の説明があります。）',
  kinds: kindsInJapanese,
  hint: (name, text) => [HINTS_JA[name], `（${text}）`],
  intro(notice, found) {
    switch (notice) {
      case 'begin':
        return `${found}を検出しましたので、お知らせいたします。`;
      case 'blip':
        return `${found}を一時的に検出しましたので、お知らせいたします。現在は検出されなくなっています。本件に関するお知らせは本メールのみです。`;
      case 'change':
        return '先にお知らせした件について、状況に変化がありましたので、お知らせいたします。';
      case 'flapping':
        return 'お知らせした件は、検出と消失を繰り返しています。個別のお知らせは行わず、繰り返している間は30分ごとにまとめてお知らせいたします。';
      case 'reminder':
        return '先にお知らせした件は、現在も継続しています。';
      case 'end':
        return '先にお知らせした件は検出されなくなりましたので、お知らせいたします。';
    }
  },
  changed(change) {
    switch (change.what) {
      case 'critical':
        return change.now ? '重要度が「重大」になりました' : '重要度が「重大」ではなくなりました';
      case 'severity':
        return `重要度が${change.from}から${change.to}になりました`;
      case 'seen':
        return `観測したピアが最大${change.from}（前回のお知らせ時）から最大${change.to}になりました`;
      case 'flaps':
        return `経路の消失と再検出の回数：${change.times}回`;
    }
  },
  label: {
    prefix: '対象経路',
    what: '検出内容',
    by: '広告元AS',
    passed: '再広告元AS',
    registered: '登録Origin AS',
    via: '経由AS',
    paths: 'ASパス',
    seen: '観測状況',
    since: '検出日時',
    ended: '終了日時',
    lasted: '継続時間',
    why: '終了理由',
    changed: '変化の内容',
    case: '管理番号',
    incident: 'インシデント',
  },
  by: offender => (offender === null ? 'AS_SET（Origin ASを特定できません）' : `AS${offender}`),
  registered: (origins, prefix) => `${origins.map(as => `AS${as}`).join('、')}（${prefix}）`,
  via: upstream =>
    upstream === null ? 'なし（途中にASはありません）' : `AS${upstream}（広告元の1つ手前のAS。ご連絡先の候補です）`,
  path: (path, peers) => `${path}（観測元：${peers}）`,
  more: count => `ほか${count}件`,
  rightly: peers => `登録どおりの経路：現在${peers}ピア`,
  seen: (now, unseen, peak) =>
    `現在${now}ピア、最大${peak}ピア${unseen > 0 ? `（ほかにBGPセッション切断により不明${unseen}ピア）` : ''}`,
  peak: peak => `最大${peak}ピア`,
  time: (utc, jst) => `${jst} JST（${utc} UTC）`,
  duration(seconds) {
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor(seconds / 3600) % 24;
    const minutes = Math.floor(seconds / 60) % 60;
    const parts = [
      days > 0 ? `${days}日` : '',
      hours > 0 ? `${hours}時間` : '',
      minutes > 0 ? `${minutes}分` : '',
      seconds % 60 > 0 || seconds === 0 ? `${seconds % 60}秒` : '',
    ];
    return parts.join('');
  },
  over: '登録と異なる経路を保持しているピアがなくなったため',
  heading: { why: '検出の根拠', todo: 'ご対応のお願い' },
  registeredAs: source => `登録オブジェクトは次のとおりです（登録元：${source}）。`,
  contradicts: source => `次の登録オブジェクトと異なっています（登録元：${source}）。`,
  cut: characters => `（以下${characters}文字を省略）`,
  nothingRecorded: '根拠となる登録オブジェクトは記録されていません。',
  checkFirst: 'まず、次のいずれかに該当しないかご確認ください。',
  checks: (offender, prefix) => [
    [
      '登録内容の誤り',
      '上記オブジェクトの内容が古い場合や、貴組織のものではないアドレスが登録されている場合は、登録内容の修正または削除をお願いいたします。正当な経路広告が未登録の場合は、routeオブジェクトの登録をお願いいたします。',
    ],
    [
      'プライベートASの漏れ',
      `${offender}が貴組織のAS配下で使用しているプライベートASである場合は、対外接続における「remove-private-as」の設定漏れが考えられます。`,
    ],
    [
      '顧客によるPAアドレスの広告',
      `${offender}が貴組織の顧客であり、合意の上で貴組織のPAアドレスを広告している場合は、${prefix}（origin：${offender}）のrouteオブジェクトの登録をお願いいたします。`,
    ],
    [
      'IXまたはプライベートピアリングのセグメント',
      '対象経路がIXや事業者間の接続セグメントである場合は、広告元のASに広告の停止（next-hop-selfの設定など）をご依頼ください。',
    ],
  ],
  call: 'いずれにも該当しない場合は、経路ハイジャックの可能性があります。次のASの運用担当者にご連絡ください。',
  callees: (offender, upstream, passes) => [
    ...(offender === null ? [] : [`AS${offender}（当該経路の${passes ? '再広告元' : '広告元'}）`]),
    ...(upstream === null
      ? []
      : [`AS${upstream}（広告元の1つ手前のAS。広告元と連絡が取れない場合でも、当該経路の伝搬を止めることができます）`]),
  ],
  contacts: as => `連絡先は「whois AS${as}」または https://www.peeringdb.com/asn/${as} でご確認いただけます。`,
  willTellOfEnd: 'この状態が解消した際に、改めてメールでお知らせいたします。',
  willTell: '当該経路が検出されなくなりましたら、改めてお知らせいたします。',
  because(reason) {
    if (reason === 'x-keiro') return '本メールは、当該経路のX-Keiroに登録されている宛先にお送りしています。';
    const mntner = maintainerIn(reason);
    if (mntner !== null)
      return `本メールは、当該経路のメンテナー（${mntner}）のX-Keiroに登録されている宛先にお送りしています。`;
    if (reason === 'notify') return '本メールは、当該経路のnotifyに登録されている宛先にお送りしています。';
    return `本メールは、本システムの設定（${reason}）に基づいてお送りしています。`;
  },
  doubt: time =>
    `本メールは二度届いている可能性があります。${time}に送信した際に応答が得られず、受信されたかどうかを確認できませんでした。`,
  drill: '[drill] これは訓練です。このような経路は実在せず、対応は不要です。本メールが届くまでの時間を測定しています。',
  summary: (event, count) =>
    event === 'storm'
      ? `短時間に${count}件を検出したため、個別ではなくまとめてお知らせいたします。各件の詳細は、コレクターの「itctl show case」でご確認いただけます。`
      : `まとめてお知らせした件のうち、${count}件は検出されなくなりました。`,
  ofOneIncident: incident =>
    `いずれもインシデント${incident}に属します。全体は「itctl show incident ${incident}」でご確認いただけます。`,
  cutOff: prefix =>
    `次の宛先のメールサーバーは、すべて対象経路${prefix}に含まれています。本件が継続している間、これらの宛先にはメールが届かない可能性があります。他の手段でのご連絡をお願いいたします。`,
  test: 'これは試験通知です。経路に異常はなく、ご対応は不要です。本システムからのお知らせが届くことを確認するためにお送りしています。',
  sentBy: (host, router, from) =>
    `本メールはInterTrack（${host}、${router}）が自動送信しています。${from === null ? '' : `お問い合わせ先：${from}`}`,
};
