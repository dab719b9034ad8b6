/** By what a machine shows the NATS server who it is. */
import { readFileSync, statSync } from 'node:fs';
import {
  type Authenticator,
  credsAuthenticator,
  nkeyAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';

/**
 * Reads a file of credentials as nsc writes it, or one line: the seed of an nkey of a user, or USER:PASSWORD. Throws an
 * Error with the file's name when it is none of these, or others than its owner can read it.
 */
export function readCredentials(file: string): Authenticator {
  mustBePrivate(file);
  const text = readFileSync(file, 'utf8');
  if (text.includes('-----BEGIN NATS USER JWT-----')) return credsAuthenticator(new TextEncoder().encode(text));
  const line = text.split(/\r?\n/, 1)[0]!.trim();
  if (/^SU[A-Z2-7]{56}$/.test(line)) return nkeyAuthenticator(new TextEncoder().encode(line));
  const colon = line.indexOf(':');
  if (colon > 0) return usernamePasswordAuthenticator(line.slice(0, colon), line.slice(colon + 1));
  throw new Error(`${file}: no credentials of NATS, no seed of an nkey, and no USER:PASSWORD`);
}

/** Throws an Error when others than the owner can read the file. */
export function mustBePrivate(file: string): void {
  const { mode } = statSync(file);
  if ((mode & 0o077) !== 0)
    throw new Error(`${file}: others than its owner can read it (mode ${(mode & 0o777).toString(8)}): chmod 600 it`);
}
