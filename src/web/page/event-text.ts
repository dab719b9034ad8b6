/**
 * Lines of a time line, and the rule of a why-record, in Japanese: the daemon writes them in English, and has few of them. A line
 * that is none of these, such as what a person wrote, stays as it is.
 */
import type { Words } from './words.ts';

/** What a witness does, behind its name. */
const WITNESS: Readonly<Record<string, string>> = {
  'holds it': '経路を保持',
  'announces another route': '別の経路を広告',
  'withdrew it': '経路を取り消し',
  'replaced it': '経路を置き換え',
  'may hold it: the registry or the watches changed': '登録または監視の変更により問題なし',
  'ended its session': 'セッション切断',
  'did not announce it again': '再広告なし',
  'is no longer configured': '設定から削除',
};

const LINES: Readonly<Record<string, string>> = {
  'seen again': '再び検出',
  'no longer flapping': '断続は収束',
  'unchanged for a day': '1日間変化なし',
  'out of sight: no session that carried it is up': '観測不能：経路を運んでいたセッションはすべて切断',
  'the registry or the watches no longer object': '登録または監視の変更により問題なし',
  'no peer holds it any more': '保持しているピアなし',
  'over by the RPKI': 'RPKIの異常は解消',
  'no peer has held it for the hold-down': '保持しているピアなしのまま待機時間を経過',
  'it has been over for the hold-down': '解消したまま待機時間を経過',
  'so the RPKI says': 'RPKIで検出',
  acknowledged: '担当者が確認',
  'taken up again after a restart': '再起動後に再開',
  'taken up by the machine that has its partition now': 'パーティションを引き継いだマシンで再開',
  'it has stood for the hold-up': '待機時間を経過しても継続',
  'at once, without a hold-up': '待機時間なしで直ちに確定',
  'out of sight until the sessions are back': 'セッションが回復するまで観測不能',
  'the exception is over': '例外設定の期限切れ',
  'the dismissal is over': '対象外の期限切れ',
  'the exception is no longer configured': '例外設定の削除',
  'the RPKI no longer says so': 'RPKIでは解消',
};

type Form = readonly [pattern: RegExp, say: (words: Words, ...parts: string[]) => string];

/** Lines with something in them. */
const FORMS: readonly Form[] = [
  [/^(\S+ \(AS\d+\)) (.+)$/s, (_, who, what) => (Object.hasOwn(WITNESS, what!) ? `${who}：${WITNESS[what!]}` : '')],
  [/^fading: (\d+) of (\d+) left$/, (_, left, peak) => `収束中：最大${peak}ピア中${left}ピア`],
  [
    /^flapping: it came back more than (\d+) times within an hour$/,
    (_, times) => `断続：1時間に${times}回を超える再検出`,
  ],
  [/^(\d+) events left out$/, (_, count) => `${count}件の記録を省略`],
  [/^acknowledged: (.+)$/s, (_, why) => `担当者が確認：${why}`],
  [/^taken up again: (.+)$/s, (words, why) => `再び対象とした：${eventText(words, why!)}`],
  [/^dismissed until (\S+): (.+)$/s, (_, until, why) => `${until}まで対象外：${why}`],
  [/^dismissed: (.+)$/s, (_, why) => `対象外：${why}`],
  [/^note: (.+)$/s, (_, text) => `メモ：${text}`],
  [
    /^severity (\S+), was (\S+): (.+)$/s,
    (words, now, was, rule) => `重要度${named(words, was!)}→${named(words, now!)}：${eventText(words, rule!)}`,
  ],
  // The rule: by the registry or the kind, and then by the hints.
  [
    /^(.+); (.+) make it ([a-z-]+)$/s,
    (words, ground, hints, severity) => `${eventText(words, ground!)}、${hints}により${named(words, severity!)}`,
  ],
  [
    /^IRR (\S+) and ROV (\S+) make it ([a-z-]+)$/,
    (words, irr, rov, severity) => `${states(words, irr!, rov!)}により${named(words, severity!)}`,
  ],
  [
    /^IRR (\S+) and ROV (\S+) say nothing against it: it is ([a-z-]+) for being a case$/,
    (words, irr, rov, severity) => `${states(words, irr!, rov!)}は矛盾しないが、案件のため${named(words, severity!)}`,
  ],
  [
    /^([a-z-]+) is ([a-z-]+)$/,
    (words, kind, severity) =>
      Object.hasOwn(words.kindOf, kind!)
        ? `${words.kindOf[kind as keyof Words['kindOf']]}は${named(words, severity!)}`
        : '',
  ],
];

const states = (words: Words, irr: string, rov: string): string =>
  `IRR ${words.irrOf[irr] ?? irr}、ROV ${words.rovOf[rov] ?? rov}`;

const named = (words: Words, severity: string): string => `「${words.severityOf[severity] ?? severity}」`;

/** A line as the page says it. */
export function eventText(words: Words, line: string): string {
  if (words.code === 'en') return line;
  if (Object.hasOwn(words.stateOf, line)) return words.stateOf[line as keyof Words['stateOf']];
  if (Object.hasOwn(LINES, line)) return LINES[line]!;
  for (const [pattern, say] of FORMS) {
    const found = pattern.exec(line);
    const said = found === null ? '' : say(words, ...found.slice(1));
    if (said !== '') return said;
  }
  return line;
}
