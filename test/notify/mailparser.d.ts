/** The part of mailparser (which brings no types) that the tests use. */
declare module 'mailparser' {
  export interface ParsedMail {
    readonly subject?: string;
    readonly text?: string;
    readonly messageId?: string;
    readonly inReplyTo?: string;
    readonly references?: string | string[];
    readonly date?: Date;
    readonly from?: { readonly text: string };
    readonly to?: { readonly text: string };
    readonly headers: ReadonlyMap<string, unknown>;
    readonly headerLines: readonly { readonly key: string; readonly line: string }[];
  }
  export function simpleParser(source: Buffer): Promise<ParsedMail>;
}
