/** `itctl key …`: the key that an AS signs and speaks with. */
import { generateKeyPairSync } from 'node:crypto';
import { statSync } from 'node:fs';
import { fingerprintOf } from '../net/fingerprint.ts';
import type { OfflineStreams } from './decode-mrt.ts';
import { readKey, writePem } from './pem-file.ts';
import { facts, plain } from './render/text.ts';
import { EXIT } from './run.ts';
import { sortWords } from './word-options.ts';

/** `key make FILE [--force]`: a number is the exit code, a text what is wrong with the words. */
export function makeKey(words: readonly string[], json: boolean, streams: OfflineStreams): number | string {
  const options = sortWords(words, { expected: ['a file'], flags: ['--force'] });
  if (typeof options === 'string') return options;
  const [file] = options.words as [string];
  const key = generateKeyPairSync('ed25519').privateKey;
  const text = key.export({ type: 'pkcs8', format: 'pem' }) as string;
  const wrong = writePem(file, text, 0o600, options.flags.has('--force'));
  if (wrong !== null) {
    streams.err(plain(wrong));
    return EXIT.failed;
  }
  return tell(file, fingerprintOf(key), json, streams);
}

/** `key show FILE`. */
export function showKey(words: readonly string[], json: boolean, streams: OfflineStreams): number | string {
  const options = sortWords(words, { expected: ['a file'] });
  if (typeof options === 'string') return options;
  const [file] = options.words as [string];
  const key = readKey(file);
  if ('wrong' in key) {
    streams.err(plain(key.wrong));
    return EXIT.failed;
  }
  const others = statSync(file).mode & 0o077;
  if (others !== 0) streams.err(plain(`${file}: others than its owner may read or write it: chmod 600 ${file}`));
  return tell(file, fingerprintOf(key), json, streams);
}

function tell(file: string, fingerprint: string, json: boolean, { stdout }: OfflineStreams): number {
  const lines = json
    ? [JSON.stringify({ file, type: 'ed25519', fingerprint })]
    : facts([
        ['File', file],
        ['Type', 'Ed25519'],
        ['Fingerprint', fingerprint],
      ]);
  stdout.write(lines.map(line => `${plain(line)}\n`).join(''));
  return EXIT.ok;
}
