import { isIPv4, isIPv6 } from 'node:net';
import { formatAddress, parseAddress } from '../net/address.ts';

/** What `itctl replay` was asked to do. */
export interface ReplayOptions {
  readonly files: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly from?: string;
  readonly as?: number;
  /** Canonical text: only what this peer of the archive sent is played. */
  readonly peer?: string;
  /** How many times as fast as it was recorded; as fast as the peer takes it without. */
  readonly speed?: number;
  readonly close: boolean;
}

const BGP_PORT = 179;
const VALUES = ['--to', '--from', '--as', '--peer', '--speed'] as const;

/** `192.0.2.1`, `192.0.2.1:1179`, `2001:db8::1`, `[2001:db8::1]:1179`; null for what is none of them. */
function destination(text: string): { readonly host: string; readonly port: number } | null {
  const match = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? text;
  const port = match?.[2] === undefined ? BGP_PORT : Number(match[2]);
  // A zone (fe80::1%eth0) may follow an IPv6 address.
  const known = isIPv4(host) || isIPv6(host);
  return known && port > 0 && port < 65536 ? { host, port } : null;
}

/** Reads the words behind `replay`; the answer is the options, or what is wrong with them. */
export function replayOptions(words: readonly string[]): ReplayOptions | string {
  const files: string[] = [];
  const given = new Map<string, string>();
  let close = false;
  for (let i = 0; i < words.length; i++) {
    const [name, inline] = words[i]!.startsWith('--') ? words[i]!.split(/=(.*)/s) : [words[i]!];
    if (name === '--close') close = true;
    else if ((VALUES as readonly string[]).includes(name!)) {
      const value = inline ?? words[++i];
      if (value === undefined) return `${name} needs a value`;
      given.set(name!, value);
    } else if (name!.startsWith('-') && name !== '-') return `unknown option ${name}`;
    else files.push(words[i]!);
  }
  const to = given.get('--to');
  if (files.length === 0) return 'a file is missing';
  if (to === undefined) return '--to is missing';
  const target = destination(to);
  if (target === null) return `--to ${to} is no address`;
  const from = given.get('--from');
  if (from !== undefined && parseAddress(from) === null) return `--from ${from} is no address`;
  const peer = given.get('--peer');
  const peerAddress = peer === undefined ? undefined : parseAddress(peer);
  if (peerAddress === null) return `--peer ${peer} is no address`;
  const as = given.get('--as');
  if (as !== undefined && (!/^\d{1,10}$/.test(as) || Number(as) < 1 || Number(as) > 0xffffffff))
    return `--as ${as} is no AS number`;
  const speed = given.get('--speed');
  if (speed !== undefined && !(Number(speed) > 0 && Number.isFinite(Number(speed))))
    return `--speed ${speed} is no number above 0`;
  return {
    files,
    ...target,
    close,
    ...(from !== undefined && { from }),
    ...(peerAddress !== undefined && { peer: formatAddress(peerAddress) }),
    ...(as !== undefined && { as: Number(as) }),
    ...(speed !== undefined && { speed: Number(speed) }),
  };
}
