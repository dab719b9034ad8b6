/** The bridges in the daemon: their files read, their ports bound, and what they ask for turned into traces. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BridgeCounts, BridgeRow, BridgeSelf, TraceGate } from '../bridge/bridged.ts';
import { createClientServer, openClientServer } from '../bridge/intertrack-2010-server.ts';
import { createPackter, openPackter } from '../bridge/packter-listener.ts';
import { postRid } from '../bridge/rid-client.ts';
import { createRidDesk, type RidDesk, type RidDeskOptions } from '../bridge/rid-desk.ts';
import type { RidIdentity } from '../bridge/rid-http.ts';
import { openRidServer, type RidServer } from '../bridge/rid-server.ts';
import type { Config, ListenConfig } from '../config/tree.ts';
import { seldom } from '../net/rate.ts';
import { outOfDate } from '../net/tls.ts';
import type { AuditRecord } from '../store/records.ts';
import type { Log } from './log.ts';

export interface BridgesOptions {
  readonly gate: TraceGate;
  readonly self: () => BridgeSelf;
  readonly audit: (line: AuditRecord) => void;
  readonly keepRid: NonNullable<RidDeskOptions['keep']>;
  readonly log: Log;
}

export interface Bridges {
  /**
   * Reads the files and binds the ports of a configuration. Rejects in words when one is wrong; nothing has changed then, nor
   * before `commit`.
   */
  prepare(config: Config): Promise<{ commit(): void; abandon(): void }>;
  readonly rid: RidDesk;
  /** One for each bridge that is configured. */
  rows(): BridgeRow[];
  close(): void;
}

/** What RID needs of the files. */
interface RidFiles {
  readonly identity: RidIdentity;
  /** Certificates by the names of peers. */
  readonly certificates: ReadonlyMap<string, X509Certificate>;
}

/** What listens somewhere. */
type Door = Pick<RidServer, 'close'> & Partial<Pick<RidServer, 'renew'>>;

const NOBODY = { allow: [], rate: 1 };
const noCounts = (): BridgeCounts => ({ received: 0, traced: 0, refused: 0, lastError: '' });

const NO_FILES: RidFiles = { identity: { key: '', certificate: '' }, certificates: new Map() };

/** Bridges that are all shut. */
export function createBridges({ gate, self, audit, keepRid, log }: BridgesOptions): Bridges {
  let config: Config['bridges'] = { rid: null, packter: null, intertrack2010: null };
  let files = NO_FILES;
  let doors = new Map<string, Door>();
  let strangers = 0;
  let lastStranger = '';
  const write = (what: string, body: Readonly<Record<string, unknown>>) =>
    audit({ time: Date.now(), what, body: JSON.stringify(body) });
  // Scanners find every open port: the audit log has one of them a second, and how many more there were.
  const tellStranger = seldom(1, Date.now, (why, unsaid) => write('rid.refused', { why, unsaid }));

  const rid = createRidDesk({
    gate,
    self,
    peers: () => config.rid?.peers ?? [],
    async post(peer, body, token, signal) {
      const certificate = files.certificates.get(peer.name);
      if (peer.url === null || certificate === undefined) return { how: 'failed', why: 'it has no url' };
      return postRid({ url: new URL(peer.url), identity: files.identity, certificate, body, token, signal });
    },
    ...{ audit: write, keep: keepRid, log, clock: Date.now },
  });

  const packterCounts = noCounts();
  const clientCounts = noCounts();
  const parts = { gate, audit: write, log, clock: Date.now };
  const packter = createPackter({ ...parts, rules: () => config.packter ?? NOBODY, counts: packterCounts });
  const client = createClientServer({
    ...parts,
    ...{ as: () => self().as, rules: () => config.intertrack2010 ?? NOBODY, counts: clientCounts },
  });

  /** Opens what is to listen, by bridge and place. */
  const openersOf = (next: Config['bridges'], read: RidFiles): [string, () => Promise<Door>][] => {
    const each = (
      bridge: BridgeRow['bridge'],
      listen: readonly ListenConfig[],
      open: (at: ListenConfig) => Promise<Door>,
    ) => listen.map((at): [string, () => Promise<Door>] => [`${bridge} ${at.address} port ${at.port}`, () => open(at)]);
    return [
      ...each('rid', next.rid?.listen ?? [], listen =>
        openRidServer({
          ...{ listen, identity: read.identity, peers: () => files.certificates, receive: rid.receive, log },
          refused(from, why) {
            strangers++;
            lastStranger = `${from}: ${why}`;
            tellStranger(lastStranger);
          },
        }),
      ),
      ...each('packter', next.packter?.listen ?? [], at => openPackter(at, packter)),
      ...each('intertrack-2010', next.intertrack2010?.listen ?? [], at => openClientServer(at, client)),
    ];
  };

  const rowOf = (bridge: BridgeRow['bridge'], counts: Omit<BridgeRow, 'bridge' | 'listens'>): BridgeRow => ({
    bridge,
    listens: [...doors.keys()].flatMap(key => (key.startsWith(`${bridge} `) ? [key.slice(bridge.length + 1)] : [])),
    ...counts,
  });

  return {
    rid,
    async prepare(next) {
      const read = next.bridges.rid === null ? NO_FILES : readRidFiles(next);
      const kept = new Map<string, Door>();
      const fresh: Door[] = [];
      const abandon = () => {
        for (const door of fresh) door.close();
      };
      try {
        for (const [key, open] of openersOf(next.bridges, read)) {
          const old = doors.get(key);
          const door =
            old ??
            (await open().catch((e: Error) => {
              throw new Error(`${key}: ${e.message}`);
            }));
          if (old === undefined) fresh.push(door);
          kept.set(key, door);
        }
      } catch (error) {
        abandon();
        throw error;
      }
      return {
        abandon,
        commit() {
          for (const [key, door] of doors) if (!kept.has(key)) door.close();
          doors = kept;
          files = read;
          config = next.bridges;
          for (const door of doors.values()) door.renew?.(files.identity);
        },
      };
    },
    rows() {
      const peers = rid.peers();
      const sum = (of: 'received' | 'traced' | 'denied') => peers.reduce((all, peer) => all + peer[of], 0);
      const told = peers.find(({ lastError }) => lastError !== '')?.lastError ?? lastStranger;
      const ridCounts = { received: sum('received'), traced: sum('traced'), refused: sum('denied') + strangers };
      return [
        ...(config.rid === null ? [] : [rowOf('rid', { ...ridCounts, lastError: told })]),
        ...(config.packter === null ? [] : [rowOf('packter', packterCounts)]),
        ...(config.intertrack2010 === null ? [] : [rowOf('intertrack-2010', clientCounts)]),
      ];
    },
    close() {
      for (const door of doors.values()) door.close();
    },
  };
}

/** The files of `rid`. Throws an Error that names the file and what is wrong with it. */
function readRidFiles({ bridges, traceback }: Config): RidFiles {
  const { identity, peers } = bridges.rid!;
  const [keyFile, file] = identity
    ? [identity.key, identity.certificate]
    : [traceback?.identity ?? '', traceback?.certificate ?? ''];
  const key = textOf(keyFile);
  try {
    createPrivateKey(key);
  } catch {
    throw new Error(`${keyFile}: holds no private key in PEM (an encrypted one cannot be used)`);
  }
  const certificate = textOf(file);
  const own = certificateOf(file, certificate);
  const date = outOfDate(own, Date.now());
  if (date !== null) throw new Error(`${file}: the certificate ${date}`);
  if (!own.checkPrivateKey(createPrivateKey(key))) throw new Error(`${keyFile}: is not the key of ${file}`);
  return {
    identity: { key, certificate },
    certificates: new Map(peers.map(peer => [peer.name, certificateOf(peer.certificate, textOf(peer.certificate))])),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file}: cannot be read: ${(error as Error).message}`);
  }
}

function certificateOf(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error(`${file}: holds no certificate in PEM`);
  }
}
