/**
 * The control socket's protocol: JSON, one object a line, UTF-8, over a Unix stream socket. The client asks, the daemon
 * answers with any number of `row` lines and exactly one `end`. Answers of one request are in order; requests may overlap.
 */

/** `words` is the command line split as the shell splits it, abbreviations and all: the daemon resolves them. */
export interface ControlRequest {
  readonly id: number;
  readonly words: readonly string[];
  /** Octets the command carries along, such as the packet of `trace packet`, base64; see the command's entry. */
  readonly data?: Readonly<Record<string, unknown>>;
}

export type ControlReply =
  | { readonly id: number; readonly row: unknown }
  | {
      readonly id: number;
      readonly end: true;
      /** Resolved command, such as `show bgp summary`: names the rendering. */
      readonly command: string;
      /** Lines for a person that belong to the answer: a limit hit, an age, what was left off. */
      readonly notes?: readonly string[];
    }
  | {
      readonly id: number;
      readonly end: true;
      readonly error: string;
      /** `usage`: the words are wrong (exit 2). `failed`: the command could not be carried out (exit 1). */
      readonly kind: 'usage' | 'failed';
      /** Index of the word at fault and what could stand there. */
      readonly at?: number;
      readonly expected?: readonly string[];
    };
