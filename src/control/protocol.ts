/**
 * The control socket's protocol: JSON, one object a line, UTF-8, over a Unix stream socket. The client asks, the daemon
 * answers with any number of `row` lines and exactly one `end`. Answers of one request are in order; requests may overlap.
 * An empty line means nothing, in both directions.
 */
import type { PacketsWanted } from './packet-data.ts';

/** `words` is the command line split as the shell splits it, abbreviations and all: the daemon resolves them. */
export interface CommandRequest {
  readonly id: number;
  readonly words: readonly string[];
  /** Octets the command carries along, such as the packets of `trace packet`, base64; see the command's entry. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** The command is to be refused when it does more than look, for it will be given again and again. */
  readonly looking?: true;
}

/** What may stand at the place of the last of these words, which may be empty? The rows are `Completion`s. */
export interface CompleteRequest {
  readonly id: number;
  readonly complete: readonly string[];
}

/** Ends an earlier request of this client, whose `end` then says `cancelled`. It has no answer of its own. */
export interface CancelRequest {
  readonly id: number;
  readonly cancel: number;
}

export type ControlRequest = CommandRequest | CompleteRequest | CancelRequest;

/** One possible word. */
export interface Completion {
  /** The word itself, or the kind of an argument such as `PREFIX`; empty stands for the end of the command. */
  readonly word: string;
  /** What kind of word may stand there. */
  readonly kind: 'word' | 'value' | 'argument' | 'end';
  readonly help: string;
}

export type ControlReply =
  | {
      readonly id: number;
      /** The rows that follow are of this command, and as many as there are: they are to be shown as they come. */
      readonly begin: true;
      readonly command: string;
      /** Each row is to be shown at once: the answer ends when it is cancelled. */
      readonly live?: true;
    }
  | {
      readonly id: number;
      readonly row: unknown;
      /** The state so far of a row that comes again: to be shown and forgotten. */
      readonly partial?: true;
    }
  | {
      readonly id: number;
      readonly end: true;
      /** Resolved command, such as `show bgp summary`: names the rendering. */
      readonly command: string;
      /** True when the answer is one object, not a list of rows. */
      readonly one?: boolean;
      /** Lines for a person that belong to the answer: a limit hit, an age, what was left off. */
      readonly notes?: readonly string[];
      readonly want?: { readonly packets: PacketsWanted };
    }
  | {
      /** 0 when the line at fault could not be read so far as to know its request. */
      readonly id: number;
      readonly end: true;
      readonly error: string;
      /** `usage`: the words are wrong (exit 2). `failed`: the command could not be carried out (exit 1). */
      readonly kind: 'usage' | 'failed';
      /** Index of the word at fault and what could stand there. */
      readonly at?: number;
      readonly expected?: readonly string[];
    };

/** Longest line a client may send, octets: room for the largest frame of a pcap file (262144) in base64. */
export const MAX_REQUEST_OCTETS = 512 * 1024;
/** Most words of a request, and the longest word in characters. */
export const MAX_WORDS = 32;
export const MAX_WORD_LENGTH = 4096;

/** A request, or what is wrong with the line and, as far as it is known, whose it was. */
export type DecodedRequest = { readonly request: ControlRequest } | { readonly id: number; readonly error: string };

/** Reads one line from a client. Every octet of it is doubted; the error says where, by character or by member. */
export function decodeRequest(line: string): DecodedRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    // Node quotes what it read; a reply should not echo octets that may be anything, so only the place is kept.
    const place = /position (\d+)/.exec(String(error))?.[1];
    return { id: 0, error: `not JSON${place === undefined ? '' : ` at character ${Number(place) + 1}`}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { id: 0, error: 'not a JSON object at character 1' };
  const members = value as Record<string, unknown>;
  const id = members.id;
  if (!isId(id)) return { id: 0, error: '"id" must be a whole number from 1 on' };
  const kinds = ['words', 'complete', 'cancel'].filter(name => Object.hasOwn(members, name));
  if (kinds.length !== 1) return { id, error: 'exactly one of "words", "complete", "cancel" must be given' };
  if (kinds[0] === 'cancel') {
    if (!isId(members.cancel)) return { id, error: '"cancel" must be the id of a request' };
    return { request: { id, cancel: members.cancel } };
  }
  const name = kinds[0]!;
  const words = members[name];
  if (!Array.isArray(words)) return { id, error: `"${name}" must be an array of strings` };
  if (words.length > MAX_WORDS) return { id, error: `"${name}" has more than ${MAX_WORDS} words` };
  for (const [i, word] of words.entries()) {
    if (typeof word !== 'string') return { id, error: `"${name}[${i}]" must be a string` };
    if (word.length > MAX_WORD_LENGTH)
      return { id, error: `"${name}[${i}]" is longer than ${MAX_WORD_LENGTH} characters` };
  }
  if (name === 'complete') return { request: { id, complete: words as string[] } };
  const { data, looking } = members;
  if (looking !== undefined && looking !== true) return { id, error: '"looking" must be true where it is given' };
  const request: CommandRequest = { id, words: words as string[], ...(looking === true && { looking }) };
  if (data === undefined) return { request };
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    return { id, error: '"data" must be an object' };
  return { request: { ...request, data: data as Record<string, unknown> } };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** A reply as its line. */
export function encodeReply(reply: ControlReply): string {
  return `${JSON.stringify(reply)}\n`;
}

/** A request as its line. */
export function encodeRequest(request: ControlRequest): string {
  return `${JSON.stringify(request)}\n`;
}

/** Reads one line from the daemon; null when it is no reply (an empty line is none either). */
export function decodeReply(line: string): ControlReply | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return null;
    const reply = value as Record<string, unknown>;
    if (typeof reply.id !== 'number') return null;
    if (reply.begin === true && typeof reply.command === 'string') return reply as unknown as ControlReply;
    if (reply.end === true ? typeof reply.command !== 'string' && typeof reply.error !== 'string' : !('row' in reply))
      return null;
    return reply as unknown as ControlReply;
  } catch {
    return null;
  }
}
