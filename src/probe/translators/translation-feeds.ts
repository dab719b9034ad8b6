/** Logs of translators as files and as syslog. What is told has the time of its line, or of its coming. */
import { createSocket } from 'node:dgram';
import type { LogLines, TranslatorConfig } from '../../config/translator-tree.ts';
import { logPattern } from '../../flow/log-pattern.ts';
import type { Translation } from '../../flow/translation.ts';
import { LOG_FORMATS, type LogFormat } from '../../flow/translation-log.ts';
import { parseAddress } from '../../net/address.ts';
import { followFile } from '../../net/follow-file.ts';
import { lineSplitter } from '../../net/line-splitter.ts';
import { covers, type Prefix, parsePrefix, prefixOf } from '../../net/prefix.ts';

/** A source of translations that is open. */
export interface LogFeed {
  /** Times at which something may have been missed. */
  gaps(): number;
  close(): void;
}

const LONGEST_LINE = 8192;

/** How the lines of a log are read. The daemon has checked the pattern; what is wrong with it here reads nothing. */
function formatOf({ format, pattern }: LogLines, say: (line: string) => void): LogFormat {
  const made = pattern === undefined ? LOG_FORMATS[format ?? 'conntrack'] : logPattern(pattern);
  if (typeof made !== 'string') return made;
  say(`a pattern cannot be used: ${made}`);
  return () => [];
}

/** Calls `take` with what each line says. */
function reader(lines: LogLines, exporter: string, take: (one: Translation) => void, say: (line: string) => void) {
  const read = formatOf(lines, say);
  return (octets: Uint8Array) => {
    for (const { time, ...said } of read(Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('utf8')))
      take({ ...said, time: time ?? Date.now(), realm: null, exporter });
  };
}

/** Follows a file from its end on, through its rotation. */
export function followLog(
  log: TranslatorConfig['files'][number],
  take: (one: Translation) => void,
  say: (line: string) => void,
): LogFeed {
  let gaps = 0;
  let said = '';
  const read = reader(log, log.file, take, say);
  const lines = lineSplitter(LONGEST_LINE, read, () => gaps++);
  const following = followFile(log.file, { take: lines.feed, anew: lines.reset });
  const look = setInterval(() => {
    const problem = following.problem();
    if (problem !== said && problem !== '') say(`${log.file}: ${problem}`);
    said = problem;
  }, 1000).unref();
  return {
    gaps: () => gaps,
    close() {
      clearInterval(look);
      void following.close();
    },
  };
}

/** Takes syslog over UDP, from those who may send it. A datagram is a line, or several. */
export function takeLog(
  log: TranslatorConfig['udp'][number],
  take: (one: Translation) => void,
  say: (line: string) => void,
): LogFeed {
  const place = `${log.address} port ${log.port}`;
  const read = reader(log, place, take, say);
  const allow = log.allow.map(parsePrefix).filter((prefix): prefix is Prefix => prefix !== null);
  const isAllowed = (sender: string) => {
    const address = parseAddress(sender.replace(/^::ffff:/, ''));
    return address !== null && allow.some(prefix => covers(prefix, prefixOf(address, address.bytes.length * 8)));
  };
  const socket = createSocket({ type: log.address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.on('error', error => say(`the log at ${place}: ${error.message}`));
  socket.on('message', (datagram, { address }) => {
    if (!isAllowed(address)) return;
    const lines = lineSplitter(LONGEST_LINE, read, () => {});
    lines.feed(datagram);
    lines.feed(Uint8Array.of(0x0a));
  });
  socket.bind(log.port, log.address);
  socket.unref();
  return { gaps: () => 0, close: () => socket.close() };
}
