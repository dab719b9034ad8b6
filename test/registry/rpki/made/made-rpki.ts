/**
 * A made-up RPKI: a trust anchor for AS 64500 to 64511, below it the holder of AS 64510 and 64511, and checklists that the
 * holder signs. The real rpki-client takes it into a cache, from a directory that stands for the repository.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RpkiClient } from '../../../../src/registry/rpki/rpki-client.ts';
import {
  type Authority,
  CHECKLIST,
  checklistOf,
  MANIFEST,
  manifestOf,
  resourceCertificate,
  revocationList,
  type Span,
  signedObject,
} from './objects.ts';

const HOUR = 3_600_000;
const HOST = 'rsync://rpki.example.net';
const PROGRAM = '/usr/sbin/rpki-client';

/** Why the real rpki-client cannot be run; null when it can. */
export function noRpkiClient(): string | null {
  return spawnSync(PROGRAM, ['-V']).status === 0 ? null : 'rpki-client is not installed (contrib/install-peers)';
}

export interface Published {
  /** Serial numbers of certificates that the holder takes back. */
  readonly revoked?: readonly number[];
  /** The holder publishes no manifest. */
  readonly unlisted?: boolean;
  /** When what the holder publishes is good. */
  readonly span?: Span;
}

export interface MadeChecklist {
  /** Name of the file. */
  readonly name: string;
  readonly hashes: readonly Buffer[];
  /** In whose name; 64510 when left out. */
  readonly ases?: readonly number[];
  /** What the certificate of the list has, when it is not the same. */
  readonly certified?: readonly number[];
  readonly serial?: number;
  readonly span?: Span;
}

export interface MadeRpki {
  readonly directory: string;
  readonly client: RpkiClient;
  /** Publishes all anew, and has rpki-client take it. */
  publish(what?: Published): Promise<void>;
  /** Signs a checklist as the holder; the path of its file. */
  sign(list: MadeChecklist): string;
  remove(): void;
}

/** RSA keys take long to make; nobody here minds whose they were before. */
const keys: KeyObject[] = [];
const keyAt = (at: number): KeyObject => {
  keys[at] ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return keys[at];
};

/** From an hour ago on, a day long. */
export const today = (): Span => ({ from: new Date(Date.now() - HOUR), to: new Date(Date.now() + 23 * HOUR) });

export function makeRpki(): MadeRpki {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-rpki-'));
  const at = (...names: string[]) => join(directory, ...names);
  const anchor: Authority = {
    ...{ name: 'anchor', key: keyAt(0) },
    ...{ certificateUri: `${HOST}/anchor/anchor.cer`, crlUri: `${HOST}/anchor/anchor.crl` },
  };
  const holder: Authority = {
    ...{ name: 'holder', key: keyAt(1) },
    ...{ certificateUri: `${HOST}/anchor/holder.cer`, crlUri: `${HOST}/holder/holder.crl` },
  };
  const end = keyAt(2);
  const publishes = (name: string) => ({ repository: `${HOST}/${name}/`, manifest: `${HOST}/${name}/${name}.mft` });
  const ases = Array.from({ length: 12 }, (_, i) => 64500 + i);
  // Its directories are written by the user that rpki-client turns into when root runs it.
  chmodSync(directory, 0o755);
  for (const name of ['cache', 'out']) {
    mkdirSync(at(name));
    chmodSync(at(name), 0o777);
  }
  const anchorKey = createPublicKey(anchor.key).export({ type: 'spki', format: 'der' }).toString('base64');
  writeFileSync(at('anchor.tal'), `${anchor.certificateUri}\n\n${anchorKey.match(/.{1,64}/g)!.join('\n')}\n`);
  // In place of rsync: its last two arguments are whence and whither.
  const rsync = `#!/bin/sh
for word; do from=$to; to=$word; done
from="${at('repository')}/\${from#rsync://}"
mkdir -p "$to"
if [ -d "$from" ]; then cp "$from"/* "$to"; else cp "$from" "$to"; fi
`;
  writeFileSync(at('rsync'), rsync, { mode: 0o755 });
  const client = { program: PROGRAM, cache: at('cache'), tals: [at('anchor.tal')], timeout: 60_000 };
  let number = 0;

  return {
    directory,
    client,
    async publish({ revoked = [], unlisted = false, span = today() } = {}) {
      number++;
      const put = (
        of: Authority,
        files: Map<string, Buffer>,
        taken: readonly number[],
        listed: boolean,
        good: Span,
      ) => {
        const folder = at('repository', 'rpki.example.net', of.name);
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        files.set(`${of.name}.crl`, revocationList(of, number, taken, good));
        if (listed) {
          const object = `${HOST}/${of.name}/${of.name}.mft`;
          const certificate = resourceCertificate({
            ...{ serial: 1000 + number, name: 'manifest', key: end, issuer: of, ases: null, addresses: true },
            ...{ publishes: { object }, ...good },
          });
          const content = manifestOf(number, new Map(files), good);
          files.set(`${of.name}.mft`, signedObject(MANIFEST, content, certificate, end, good.from));
        }
        for (const [name, content] of files) writeFileSync(join(folder, name), content);
      };
      const certificate = resourceCertificate({
        ...{ serial: 2, name: 'holder', key: holder.key, issuer: anchor, ases: [64510, 64511], addresses: true },
        ...{ publishes: publishes('holder'), ...today() },
      });
      put(anchor, new Map([['holder.cer', certificate]]), [], true, today());
      const root = resourceCertificate({
        ...{ serial: 1, name: 'anchor', key: anchor.key, issuer: null, ases, addresses: true },
        ...{ publishes: publishes('anchor'), ...today() },
      });
      writeFileSync(at('repository', 'rpki.example.net', 'anchor', 'anchor.cer'), root);
      put(holder, new Map(), revoked, !unlisted, span);
      const args = ['-R', '-e', at('rsync'), '-d', client.cache, '-t', client.tals[0]!, at('out')];
      await promisify(execFile)(PROGRAM, args, { timeout: 60_000 });
    },
    sign({ name, hashes, ases = [64510], certified = ases, serial = 10, span = today() }) {
      const certificate = resourceCertificate({
        ...{ serial, name: 'checklist', key: end, issuer: holder, ases: certified, addresses: false, ...span },
      });
      const content = checklistOf(
        ases,
        hashes.map((hash, i) => ({ hash, ...(i === 0 && { file: 'as64510.cer' }) })),
      );
      writeFileSync(at(name), signedObject(CHECKLIST, content, certificate, end, span.from));
      return at(name);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
