/** The words of contacts and of drafts to other ASes, in both languages. A draft goes to strangers: it states, asks, thanks. */
import type { ContactRole } from './contacts/contact.ts';

export interface CallWording {
  readonly roles: Readonly<Record<ContactRole, string>>;
  readonly noContact: string;
  contact(role: string, name: string, reach: string, source: string, age: string): string;
  /** How old an answer is, ms. */
  age(ms: number): string;
  /** Heading of the drafts, and of one of them. */
  readonly heading: string;
  draftFor(as: number): string;
  readonly to: string;
  readonly subject: string;
  subjectLine(prefix: string, offender: number | null): string;
  greeting(as: number): string;
  /** What was seen, of whom. */
  seen(prefix: string, origin: number | null, since: string): string;
  /** Between two sentences. */
  readonly between: string;
  /** Why it is wrong. */
  readonly wrong: Readonly<Record<Wrong, (told: WrongWords) => string>>;
  pleaseStop(prefix: string): string;
  /** To an AS that is not the origin. */
  pleaseHold(prefix: string): string;
  pleaseFilter(prefix: string, offender: number | null, as: number): string;
  readonly evidence: string;
  readonly path: string;
  object(source: string): string;
  closing(caseId: string): string;
  readonly signature: string;
}

/**
 * Why a route is wrong: the registered prefix, one inside it, or one that covers it has another origin; it is RPKI invalid;
 * nobody may announce it; nobody has registered it; its path is not as it should be.
 */
export type Wrong = 'same' | 'inside' | 'covers' | 'invalid' | 'nobody' | 'unregistered' | 'path';

export interface WrongWords {
  readonly decidedBy: string;
  /** Registered origins as text; may be empty. */
  readonly registered: string;
  /** What the path is blamed for; may be empty. */
  readonly ground: string;
}

const HOUR = 3_600_000;
const named = (offender: number | null, set: string) => (offender === null ? set : `AS${offender}`);

const english: CallWording = {
  roles: {
    noc: 'NOC',
    abuse: 'abuse',
    technical: 'technical',
    administrative: 'administrative',
    maintainer: 'maintainer',
    other: 'other',
  },
  noContact: '(no contact is known here yet)',
  contact: (role, name, reach, source, age) =>
    `${role}${name === '' ? '' : ` (${name})`}: ${reach} [${source}${age === '' ? '' : `, ${age}`}]`,
  age: ms =>
    ms < 2 * HOUR
      ? 'new'
      : ms < 48 * HOUR
        ? `${Math.floor(ms / HOUR)} hours old`
        : `${Math.floor(ms / HOUR / 24)} days old`,
  heading: 'Drafts to those ASes, to be completed and sent by you:',
  draftFor: as => `--- draft to AS${as} ---`,
  to: 'To',
  subject: 'Subject',
  subjectLine: (prefix, offender) => `Unauthorised BGP announcement of ${prefix} by ${named(offender, 'an AS_SET')}`,
  greeting: as => `Dear colleagues of AS${as},`,
  seen: (prefix, origin, since) =>
    `since ${since} we have seen ${prefix} announced with the origin ${named(origin, 'of an AS_SET')}.`,
  between: ' ',
  wrong: {
    same: ({ registered }) =>
      `The prefix is registered with the origin ${registered || 'of nobody'}, and we have not authorised any other announcement of it.`,
    inside: ({ decidedBy, registered }) =>
      `The prefix lies in ${decidedBy}, which is registered with the origin ${registered || 'of nobody'}, and we have not authorised any other announcement of it.`,
    covers: ({ decidedBy, registered }) =>
      `The prefix covers ${decidedBy}, which is registered with the origin ${registered || 'of nobody'}, and draws traffic for it; we have not authorised that.`,
    invalid: ({ decidedBy }) => `The announcement is RPKI invalid: no ROA for ${decidedBy} allows it.`,
    nobody: ({ decidedBy }) => `Nobody is authorised to announce ${decidedBy} or any part of it.`,
    unregistered: () => 'Nothing is registered for that announcement.',
    path: ({ ground }) =>
      `The origin is right, and the path is not${ground === '' ? '' : `: ${ground}`}. We have not authorised the route to be passed on that way.`,
  },
  pleaseStop: prefix =>
    `Please withdraw the announcement of ${prefix} at once, and tell us how it came about. If you believe that it is authorised, please tell us by whom.`,
  pleaseHold: prefix =>
    `Please stop passing ${prefix} on at once, and tell us how it came about. If you believe that it is authorised, please tell us by whom.`,
  pleaseFilter: (prefix, offender, as) =>
    `AS${as} passes this route on. Please stop accepting ${prefix} from ${named(offender, 'there')} at once, and help us to reach ${named(offender, 'its origin')}.`,
  evidence: 'Evidence:',
  path: 'AS path:',
  object: source => `Registered object (source: ${source}):`,
  closing: id =>
    `Every observation with its time and peer is kept under our reference ${id}; we send it to you on request. Thank you for your help.`,
  signature: '(your name, organisation, telephone, mail address)',
};

const japanese: CallWording = {
  roles: {
    noc: 'NOC',
    abuse: 'abuse窓口',
    technical: '技術連絡担当',
    administrative: '管理者連絡窓口',
    maintainer: 'メンテナー',
    other: 'その他',
  },
  noContact: '（連絡先はまだ取得できていません）',
  contact: (role, name, reach, source, age) =>
    `${role}${name === '' ? '' : `（${name}）`}： ${reach} （${source}${age === '' ? '' : `、${age}`}）`,
  age: ms =>
    ms < 2 * HOUR
      ? '取得直後'
      : ms < 48 * HOUR
        ? `${Math.floor(ms / HOUR)}時間前に取得`
        : `${Math.floor(ms / HOUR / 24)}日前に取得`,
  heading: '上記ASへのご連絡文案（加筆の上、貴組織からお送りください）',
  draftFor: as => `--- AS${as}宛の文案 ---`,
  to: '宛先',
  subject: '件名',
  subjectLine: (prefix, offender) => `${named(offender, 'AS_SET')}による${prefix}の経路広告停止のお願い`,
  greeting: as => `AS${as} 運用ご担当者様`,
  seen: (prefix, origin, since) =>
    `${since}より、${named(origin, 'AS_SET')}をOrigin ASとする${prefix}の経路広告を観測しております。`,
  between: '',
  wrong: {
    same: ({ registered }) =>
      `当該経路の登録Origin ASは${registered || 'なし'}であり、他のASからの広告を許可しておりません。`,
    inside: ({ decidedBy, registered }) =>
      `当該経路を含む${decidedBy}の登録Origin ASは${registered || 'なし'}であり、他のASからの広告を許可しておりません。`,
    covers: ({ decidedBy, registered }) =>
      `当該経路は${decidedBy}（登録Origin AS：${registered || 'なし'}）を含んでおり、その通信を引き込んでいます。この広告は許可しておりません。`,
    invalid: ({ decidedBy }) =>
      `当該経路広告はRPKIで無効（Invalid）です。${decidedBy}のROAはこの広告を許可していません。`,
    nobody: ({ decidedBy }) => `${decidedBy}およびその一部は、どのASからも広告が許可されていません。`,
    unregistered: () => '当該経路広告は登録されていません。',
    path: ({ ground }) =>
      `Origin ASは正しいものの、ASパスが不正です${ground === '' ? '' : `（${ground}）`}。この経路での伝搬は許可しておりません。`,
  },
  pleaseStop: prefix =>
    `つきましては、至急${prefix}の広告を停止いただき、経緯をお知らせくださいますようお願いいたします。正当な広告とお考えの場合は、どなたの許可によるものかをお知らせください。`,
  pleaseHold: prefix =>
    `つきましては、至急${prefix}の他ASへの広告を停止いただき、経緯をお知らせくださいますようお願いいたします。正当な広告とお考えの場合は、どなたの許可によるものかをお知らせください。`,
  pleaseFilter: (prefix, offender, as) =>
    `当該経路はAS${as}を経由して伝搬しております。至急${named(offender, '当該AS')}からの${prefix}の受信を停止いただくとともに、${named(offender, '広告元')}への連絡にご協力くださいますようお願いいたします。`,
  evidence: '観測内容：',
  path: 'ASパス：',
  object: source => `登録オブジェクト（登録元：${source}）：`,
  closing: id =>
    `観測の詳細（時刻、観測元）は管理番号${id}として保存しており、ご依頼があればお送りいたします。よろしくお願いいたします。`,
  signature: '（お名前、組織名、電話番号、メールアドレス）',
};

export const callWordings: Readonly<Record<'ja' | 'en', CallWording>> = { en: english, ja: japanese };
