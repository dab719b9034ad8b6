import type { ExecConfig, MailConfig, SyslogConfig, WebhookConfig } from '../../src/config/tree.ts';
import type { Case } from '../../src/hijack/case.ts';
import { type Notice, noticeOf } from '../../src/notify/notice.ts';

const START = Date.UTC(2026, 10, 22, 4, 1, 10);

/** A case as it opens: a more-specific seen by two peers, one more lost. */
export const begun: Case = {
  id: '2026-11-22-01',
  kind: 'more-specific',
  state: 'ongoing',
  prefix: '203.0.113.128/25',
  offender: 64666,
  expected: [64496],
  origin: 64666,
  ground: '',
  decidedBy: '203.0.113.0/24',
  watches: ['ours'],
  critical: false,
  opened: START,
  changed: START + 4000,
  ended: null,
  witnesses: [
    { peer: 'tyo1', as: 64500, address: '192.0.2.1', path: [64500, 64666], since: START, until: null, state: 'holds' },
    {
      peer: 'osa1',
      as: 64501,
      address: '192.0.2.2',
      path: [64501, [64502, 64503], 64500, 64666],
      since: START + 1000,
      until: null,
      state: 'holds',
    },
    { peer: 'osa2', as: 64501, address: '192.0.2.3', path: [64501, 64666], since: START, until: null, state: 'unseen' },
  ],
  peakWitnesses: 3,
  upstream: 64500,
  objects: [
    {
      source: 'JPIRR',
      prefix: '203.0.113.0/24',
      origin: 64496,
      maintainers: ['MAINT-AS64496'],
      text: [
        'route:      203.0.113.0/24',
        'descr:      株式会社例',
        '            X-Keiro : alert@example.jp, second@example.net',
        'origin:     AS64496',
        'mnt-by:     MAINT-AS64496',
        'changed:    noc@example.jp 20260401',
        'source:     JPIRR',
      ].join('\n'),
    },
  ],
  recipients: [
    { address: 'alert@example.jp', because: 'x-keiro' },
    { address: 'second@example.net', because: 'x-keiro' },
    { address: 'noc@example.org', because: 'group noc' },
  ],
  timeline: [{ time: START, what: 'opened', state: 'suspected' }],
  told: [],
};

/** The same case when the last peer has withdrawn it, 3 h 4 min 20 s later. */
export const ended: Case = {
  ...begun,
  state: 'resolved',
  told: ['begin', 'end'],
  changed: START + 11_360_000,
  ended: START + 11_060_000,
  witnesses: begun.witnesses.map(witness => ({ ...witness, state: 'gone', until: START + 11_060_000 })),
  timeline: [...begun.timeline, { time: START + 11_360_000, what: 'tyo1 withdrew it last', state: 'resolved' }],
};

export const block: MailConfig = {
  kind: 'mail',
  from: 'InterTrack <keiro@example.net>',
  relays: [{ host: '127.0.0.1', port: 25 }],
  tls: 'none',
  to: ['x-keiro', 'group'],
  languages: ['ja', 'en'],
  retry: 30_000,
};

/** The relays of a block, of which there is one, at a port of this machine. */
export const at = (port: number): Pick<MailConfig, 'relays'> => ({ relays: [{ host: '127.0.0.1', port }] });

export const settings = {
  notify: [block],
  watches: [{ name: 'ours', group: 'noc' }],
  hostname: 'collector.example.net',
  routerName: 'AS64500, 192.0.2.10',
};

/** A web hook on this machine, for every case. */
export const hook = (port: number, more: Partial<WebhookConfig> = {}): WebhookConfig => ({
  kind: 'webhook',
  url: `http://127.0.0.1:${port}/hook`,
  group: null,
  format: 'json',
  languages: ['en'],
  timeout: 5000,
  retry: 1000,
  ...more,
});

export const syslogAt = (port: number, more: Partial<SyslogConfig> = {}): SyslogConfig => ({
  kind: 'syslog',
  address: '127.0.0.1',
  port,
  group: null,
  transport: 'udp',
  facility: 'daemon',
  timeout: 5000,
  retry: 1000,
  ...more,
});

export const program = (file: string, more: Partial<ExecConfig> = {}): ExecConfig => ({
  kind: 'exec',
  file,
  group: null,
  languages: ['en'],
  timeout: 5000,
  retry: 1000,
  ...more,
});

/** The notice of the begin, as the outbox has it. */
export const notice: Notice = noticeOf(
  begun,
  { event: 'begin' },
  '2026-11-22-01.begin.webhook-00000000',
  { languages: ['en'], hostname: settings.hostname, routerName: settings.routerName },
  START + 5000,
);
