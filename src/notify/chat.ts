import { printable } from './layout.ts';
import type { Notice } from './notice.ts';

/** Rows that a chat shows of a notice, in the order of the mail. */
function rowsOf(notice: Notice): readonly (readonly [string, string])[] {
  const rows: (readonly [string, string | null])[] = [
    ['Prefix', notice.prefix],
    ['What', notice.ground === '' ? notice.what : `${notice.what}: ${notice.ground}`],
    ['Announced by', notice.kind === null ? null : notice.by === null ? 'an AS_SET' : `AS${notice.by}`],
    ['Passed on by', notice.offender === notice.by || notice.offender === null ? null : `AS${notice.offender}`],
    [
      'Registered to',
      notice.registered.origins.length === 0
        ? null
        : `${notice.registered.origins.map(as => `AS${as}`).join(', ')} (${notice.registered.prefix})`,
    ],
    ['Via', notice.via === null ? null : `AS${notice.via}`],
    ['AS path', notice.paths[0]?.path ?? null],
    ['Seen by', notice.kind === null ? null : `${notice.seen.now} peers now, ${notice.seen.peak} at most`],
    ['Since', notice.since],
    ['Ended', notice.ended],
    ['Case', notice.case],
  ];
  return rows
    .filter((row): row is [string, string] => row[1] !== null && row[1] !== '')
    .map(([label, value]) => [label, printable(value).slice(0, 300)]);
}

/** A summary has no table but its text. */
const textOf = (notice: Notice): string => (notice.kind === null ? notice.text.slice(0, 2500) : '');

/** `&`, `<` and `>` begin links and mentions (Slack, "Escaping text"); nobody in a registry may ring a channel. */
const escapeSlack = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Markdown's own characters, and `@`, which would call people. */
const escapeMarkdown = (text: string): string =>
  text.replace(/[\\`*_{}[\]()#+!|<>~]/g, character => `\\${character}`).replace(/@/g, '@\u200b');

/** Slack's incoming web hook: `text` for notifications, `blocks` for the eye. */
export function slackBody(notice: Notice): unknown {
  const subject = escapeSlack(notice.subject);
  const rows = rowsOf(notice).map(([label, value]) => `*${label}:* ${escapeSlack(value)}`);
  const text = [...rows, escapeSlack(textOf(notice))].filter(line => line !== '').join('\n');
  return {
    text: subject,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${subject}*` } },
      ...(text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 2900) } }]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: escapeSlack(`InterTrack on ${notice.host}`) }] },
    ],
  };
}

/** Mattermost takes Slack's `text`, but as Markdown. */
export function mattermostBody(notice: Notice): unknown {
  const rows = rowsOf(notice).map(([label, value]) => `| ${label} | ${escapeMarkdown(value)} |`);
  const table = rows.length === 0 ? [] : ['', '| | |', '|:--|:--|', ...rows];
  const text = textOf(notice);
  return {
    username: 'InterTrack',
    text: [
      `**${escapeMarkdown(notice.subject)}**`,
      ...table,
      ...(text === '' ? [] : ['', ...text.split('\n').map(line => `    ${line}`)]),
    ].join('\n'),
  };
}

/** Teams by a workflow ("When a Teams webhook request is received"): a message with an Adaptive Card. */
export function teamsBody(notice: Notice): unknown {
  const text = textOf(notice);
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [
            { type: 'TextBlock', text: escapeMarkdown(notice.subject), weight: 'Bolder', wrap: true },
            {
              type: 'FactSet',
              facts: rowsOf(notice).map(([title, value]) => ({ title, value: escapeMarkdown(value) })),
            },
            ...(text === '' ? [] : [{ type: 'TextBlock', text: escapeMarkdown(text), wrap: true }]),
          ],
        },
      },
    ],
  };
}

/** A notice as a few lines of plain text, for a chat that knows no others. */
export function chatText(notice: Notice): string {
  const rows = rowsOf(notice).map(([label, value]) => `${label}: ${value}`);
  return [notice.subject, ...rows, textOf(notice)]
    .filter(line => line !== '')
    .join('\n')
    .slice(0, 4000);
}
