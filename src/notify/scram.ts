import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Mechanisms of SCRAM (RFC 5802, RFC 7677), the better one first, with their hash. */
export const SCRAM = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-1': 'sha1' } as const;

/** Rounds that a server may ask for: more would be work that it has us do for nothing. */
const MOST_ROUNDS = 1_000_000;

const derive = promisify(pbkdf2);

/** A login under way: the first message, the answer to the server's challenge, and whether its last word is right. */
export interface Scram {
  readonly first: string;
  /** Rejects, in words, when the challenge is none, or is not for us. */
  respond(challenge: string): Promise<string>;
  /** True when the server too has shown that it knows the password. */
  proves(final: string): boolean;
}

/** Begins a login without channel binding. `nonce` is given by tests alone. */
export function createScram(
  hash: 'sha256' | 'sha1',
  user: string,
  password: string,
  nonce = randomBytes(18).toString('base64'),
): Scram {
  const name = user.replace(/=/g, '=3D').replace(/,/g, '=2C');
  const bare = `n=${name},r=${nonce}`;
  let signature: Buffer | null = null;
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
  return {
    first: `n,,${bare}`,
    async respond(challenge) {
      const fields = new Map(challenge.split(',').map(field => [field[0], field.slice(2)]));
      const [whole, salt, rounds] = [fields.get('r') ?? '', fields.get('s') ?? '', Number(fields.get('i'))];
      if (!whole.startsWith(nonce) || whole.length === nonce.length || salt === '')
        throw new Error('its SCRAM challenge is not for us');
      if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS)
        throw new Error('its SCRAM challenge has an odd number of rounds');
      const length = hash === 'sha256' ? 32 : 20;
      const salted = await derive(password.normalize('NFKC'), Buffer.from(salt, 'base64'), rounds, length, hash);
      const clientKey = hmac(salted, 'Client Key');
      const stored = createHash(hash).update(clientKey).digest();
      const last = `c=biws,r=${whole}`;
      const message = `${bare},${challenge},${last}`;
      const proof = hmac(stored, message).map((octet, i) => octet ^ clientKey[i]!);
      signature = hmac(hmac(salted, 'Server Key'), message);
      return `${last},p=${Buffer.from(proof).toString('base64')}`;
    },
    proves(final) {
      const given = Buffer.from(/^v=([A-Za-z0-9+/=]+)/.exec(final)?.[1] ?? '', 'base64');
      return signature !== null && given.length === signature.length && timingSafeEqual(given, signature);
    },
  };
}
