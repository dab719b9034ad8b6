/** Who asks: tokens of files, shown as RFC 6750 says, and what they allow. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { HttpConfig, HttpRole } from '../config/http-tree.ts';

export interface Asker {
  readonly role: HttpRole;
  /** Name of the token's file; null: it showed none. */
  readonly token: string | null;
}

/** Tells who shows an `Authorization` header; null: its token is none of these. */
export type Tokens = (authorization: string | undefined) => Asker | 'nobody' | null;

/** First line of a token's file (RFC 6750 section 2.1, b64token, and some more). */
const TOKEN = /^[\x21-\x7e]{16,256}$/;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Reads the files. Throws an Error with the name of one and what is wrong with it; nothing of a token stands in it. */
export function readTokens({ tokens, anonymous }: Pick<HttpConfig, 'tokens' | 'anonymous'>): Tokens {
  const known = tokens.map(({ file, role }) => ({ hash: hashOf(readToken(file)), role, token: basename(file) }));
  return authorization => {
    if (authorization === undefined) return anonymous === null ? 'nobody' : { role: anonymous, token: null };
    const [, shown] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (shown === undefined) return null;
    const hash = hashOf(shown);
    // All are compared, in the same time whichever it is.
    const [found] = known.filter(one => timingSafeEqual(one.hash, hash));
    return found === undefined ? null : { role: found.role, token: found.token };
  };
}

function readToken(file: string): string {
  let text: string;
  try {
    if ((statSync(file).mode & 0o007) !== 0)
      throw new Error('others than its owner and group may use it, expected mode 0600 or 0640');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
  const [line = ''] = text.split('\n');
  if (!TOKEN.test(line)) throw new Error(`${file}: its first line is no token of 16 to 256 characters without blanks`);
  return line;
}
