/** By what a machine shows the NATS server who it is. */
import {
  type Authenticator,
  credsAuthenticator,
  nkeyAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { readPrivateFile } from '../net/private-file.ts';

/** A file as nsc writes it: the token of the user, then the seed of its nkey. */
const CREDS =
  /-----BEGIN NATS USER JWT-----\s+[\w-]+\.[\w-]+\.[\w-]+\s+-+END NATS USER JWT-+[\s\S]*-----BEGIN USER NKEY SEED-----\s+SU[A-Z2-7]{56}\s+-+END USER NKEY SEED-+/;

/**
 * Reads a file of credentials as nsc writes it, or one line: the seed of an nkey of a user, or USER:PASSWORD. Throws an
 * Error with the file's name, and nothing of what is in it, when it is none of these, or others than its owner can read it.
 */
export function readCredentials(file: string): Authenticator {
  const text = readPrivateFile(file);
  if (text.includes('-----BEGIN')) {
    if (!CREDS.test(text))
      throw new Error(`${file}: no whole credentials of NATS: a token and a seed, as nsc writes them`);
    return credsAuthenticator(new TextEncoder().encode(text));
  }
  const line = text.split(/\r?\n/, 1)[0]!.trim();
  if (/^SU[A-Z2-7]{56}$/.test(line)) return nkeyAuthenticator(new TextEncoder().encode(line));
  const colon = line.indexOf(':');
  if (colon > 0) return usernamePasswordAuthenticator(line.slice(0, colon), line.slice(colon + 1));
  throw new Error(`${file}: no credentials of NATS, no seed of an nkey, and no USER:PASSWORD`);
}
