import { createHash } from 'node:crypto';
import {
  all,
  type Entry,
  entry,
  first,
  headOf,
  list,
  must,
  number,
  numberIn,
  optional,
  stated,
  text,
  textIn,
} from './entry.ts';
import type { BlockName } from './statement-spec.ts';
import type { ExecConfig, MailConfig, NotifyConfig, SyslogConfig, WebhookConfig, XmppConfig } from './tree.ts';

/** Ports of syslog over each transport: RFC 5426 section 3.3, RFC 6587 section 3.4 (by custom), RFC 5425 section 4.1. */
const SYSLOG_PORT = { udp: 514, tcp: 601, tls: 6514 } as const;

/**
 * What a web hook is called wherever its URL must not be shown, for whoever knows that may write there: the host, and
 * the first digits of the URL's SHA-256.
 */
export function webhookName(url: string): string {
  return `${new URL(url).host} #${createHash('sha256').update(url).digest('hex').slice(0, 8)}`;
}

/** What a channel is called: in the outbox, where it finds the channel again, in the log and in `show case`. */
export function channelName(config: NotifyConfig): string {
  switch (config.kind) {
    case 'mail':
      return config.from;
    case 'webhook':
      return webhookName(config.url);
    case 'syslog':
      return `${config.address} port ${config.port} ${config.transport}`;
    case 'exec':
      return config.file;
    case 'xmpp':
      return config.room;
  }
}

/** The `notify` blocks of a configuration in which nothing is wrong, in their order. */
export function notifyOf(config: readonly Entry[]): NotifyConfig[] {
  return config.flatMap((one): NotifyConfig[] => {
    const make = BUILDERS[headOf(one)];
    return make === undefined ? [] : [make(one)];
  });
}

const BUILDERS: Readonly<Record<string, (one: Entry) => NotifyConfig>> = {
  'notify mail': mailOf,
  'notify webhook': webhookOf,
  'notify syslog': syslogOf,
  'notify exec': execOf,
  'notify xmpp': xmppOf,
};

const languagesOf = (block: readonly Entry[], name: BlockName) =>
  list(stated(block, name, 'language'), 'language') as MailConfig['languages'];

/** What every channel but mail has. */
const common = (block: readonly Entry[], name: BlockName) => ({
  group: text(first(block, 'group') ?? entry(name, 'group'), 'group') ?? null,
  timeout: numberIn(block, name, 'timeout', 'duration'),
  retry: numberIn(block, name, 'retry', 'duration'),
});

function mailOf({ block }: Entry): MailConfig {
  const dkim = first(block, 'dkim');
  return {
    kind: 'mail',
    from: textIn(block, 'mail', 'from', 'mail'),
    relays: all(block, 'smtp').map(one => ({ host: must(text(one, 'host')), port: must(number(one, 'port')) })),
    tls: textIn(block, 'mail', 'tls', 'tls') as MailConfig['tls'],
    ...optional('user', text(stated(block, 'mail', 'user'), 'text')),
    ...optional('password', text(stated(block, 'mail', 'password'), 'secret')),
    ...optional(
      'dkim',
      dkim && {
        domain: must(text(dkim, 'domain')),
        selector: must(text(dkim, 'selector')),
        key: must(text(dkim, 'keyfile')),
      },
    ),
    to: list(stated(block, 'mail', 'to'), 'recipient') as MailConfig['to'],
    languages: languagesOf(block, 'mail'),
    retry: numberIn(block, 'mail', 'retry', 'duration'),
  };
}

function webhookOf(one: Entry): WebhookConfig {
  const { block } = one;
  return {
    kind: 'webhook',
    url: must(text(one, 'webhook')),
    format: textIn(block, 'webhook', 'format', 'format') as WebhookConfig['format'],
    ...optional('secret', text(stated(block, 'webhook', 'secret'), 'secret')),
    ...optional('authority', text(stated(block, 'webhook', 'authority'), 'authority')),
    languages: languagesOf(block, 'webhook'),
    ...common(block, 'webhook'),
  };
}

function syslogOf(one: Entry): SyslogConfig {
  const { block } = one;
  const transport = textIn(block, 'syslog', 'protocol', 'transport') as SyslogConfig['transport'];
  return {
    kind: 'syslog',
    address: must(text(one, 'address')),
    port: number(one, 'port') ?? SYSLOG_PORT[transport],
    transport,
    facility: textIn(block, 'syslog', 'facility', 'facility') as SyslogConfig['facility'],
    ...optional('serverName', text(stated(block, 'syslog', 'server name'), 'host')),
    ...optional('authority', text(stated(block, 'syslog', 'authority'), 'authority')),
    ...common(block, 'syslog'),
  };
}

function execOf(one: Entry): ExecConfig {
  const { block } = one;
  return {
    kind: 'exec',
    file: must(text(one, 'file')),
    languages: languagesOf(block, 'exec'),
    ...common(block, 'exec'),
  };
}

function xmppOf(one: Entry): XmppConfig {
  const { block } = one;
  const account = stated(block, 'xmpp', 'account');
  const server = stated(block, 'xmpp', 'server');
  return {
    kind: 'xmpp',
    room: must(text(one, 'room')),
    user: must(text(account, 'mail')),
    password: must(text(account, 'secret')),
    ...optional('host', text(server, 'host')),
    port: must(number(server, 'port')),
    tls: textIn(block, 'xmpp', 'tls', 'tls') as XmppConfig['tls'],
    ...optional('authority', text(stated(block, 'xmpp', 'authority'), 'authority')),
    nick: textIn(block, 'xmpp', 'nick', 'name'),
    languages: languagesOf(block, 'xmpp'),
    ...common(block, 'xmpp'),
  };
}

/** A `notify` block as an entry, to be printed and compared. */
export function notifyEntry(config: NotifyConfig): Entry {
  switch (config.kind) {
    case 'mail':
      return entry('global', 'notify mail', {}, mailEntries(config));
    case 'webhook':
      return entry('global', 'notify webhook', { webhook: config.url }, [
        ...groupEntry('webhook', config.group),
        entry('webhook', 'format', { format: config.format }),
        ...(config.secret === undefined ? [] : [entry('webhook', 'secret', { secret: config.secret })]),
        ...(config.authority === undefined ? [] : [entry('webhook', 'authority', { authority: config.authority })]),
        entry('webhook', 'language', { language: config.languages }),
        ...timeEntries('webhook', config),
      ]);
    case 'syslog':
      return entry('global', 'notify syslog', { address: config.address, port: config.port }, [
        ...groupEntry('syslog', config.group),
        entry('syslog', 'protocol', { transport: config.transport }),
        entry('syslog', 'facility', { facility: config.facility }),
        ...(config.serverName === undefined ? [] : [entry('syslog', 'server name', { host: config.serverName })]),
        ...(config.authority === undefined ? [] : [entry('syslog', 'authority', { authority: config.authority })]),
        ...timeEntries('syslog', config),
      ]);
    case 'exec':
      return entry('global', 'notify exec', { file: config.file }, [
        ...groupEntry('exec', config.group),
        entry('exec', 'language', { language: config.languages }),
        ...timeEntries('exec', config),
      ]);
    case 'xmpp':
      return entry('global', 'notify xmpp', { room: config.room }, [
        ...groupEntry('xmpp', config.group),
        entry('xmpp', 'account', { mail: config.user, secret: config.password }),
        ...(config.host === undefined ? [] : [entry('xmpp', 'server', { host: config.host, port: config.port })]),
        entry('xmpp', 'tls', { tls: config.tls }),
        ...(config.authority === undefined ? [] : [entry('xmpp', 'authority', { authority: config.authority })]),
        entry('xmpp', 'nick', { name: config.nick }),
        entry('xmpp', 'language', { language: config.languages }),
        ...timeEntries('xmpp', config),
      ]);
  }
}

const groupEntry = (name: BlockName, group: string | null): Entry[] =>
  group === null ? [] : [entry(name, 'group', { group })];

const timeEntries = (name: BlockName, { timeout, retry }: { readonly timeout: number; readonly retry: number }) => [
  entry(name, 'timeout', { duration: timeout }),
  entry(name, 'retry', { duration: retry }),
];

function mailEntries(mail: MailConfig): Entry[] {
  const { dkim } = mail;
  return [
    entry('mail', 'from', { mail: mail.from }),
    ...mail.relays.map(({ host, port }) => entry('mail', 'smtp', { host, port })),
    entry('mail', 'tls', { tls: mail.tls }),
    ...(mail.user === undefined ? [] : [entry('mail', 'user', { text: mail.user })]),
    ...(mail.password === undefined ? [] : [entry('mail', 'password', { secret: mail.password })]),
    ...(dkim === undefined
      ? []
      : [entry('mail', 'dkim', { domain: dkim.domain, selector: dkim.selector, keyfile: dkim.key })]),
    entry('mail', 'to', { recipient: mail.to }),
    entry('mail', 'language', { language: mail.languages }),
    entry('mail', 'retry', { duration: mail.retry }),
  ];
}
