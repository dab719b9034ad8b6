/** One `ids` of the configuration: its sources, the rules that choose alerts, and the traces that these begin. */
import type { IdsConfig } from '../../config/tree.ts';
import { showBudget } from '../../config/units.ts';
import type { IdsCounts, IdsRow } from '../../control/ids-rows.ts';
import { followFile } from '../../net/follow-file.ts';
import { lineSplitter } from '../../net/line-splitter.ts';
import { type Bucket, seldom, takeToken } from '../../net/rate.ts';
import type { TraceCause } from '../../traceback/trace.ts';
import type { PacketToTrace } from '../asked-packets.ts';
import type { Traces } from '../traces.ts';
import { alertRules } from './alert-rules.ts';
import { type EveAlert, LONGEST_LINE, readEveLine } from './eve.ts';
import { openEveSocket } from './eve-socket.ts';
import { type Gathered, gathering } from './gathering.ts';
import { openSpool } from './spool.ts';
import { spooledPackets } from './spooled-packets.ts';

export interface Detector {
  /** Takes other rules and sources; those that stay go on where they are. */
  configure(config: IdsConfig): Promise<void>;
  row(): IdsRow;
  /** What an operator has to know, in words. */
  problems(): string[];
  close(): Promise<void>;
}

export interface DetectorOptions {
  readonly config: IdsConfig;
  readonly traces: Pick<Traces, 'startTrace' | 'guessingOf'>;
  readonly log: (level: 'info' | 'warn', text: string) => void;
  /** Is shown each packet that comes, whatever the rules say. */
  readonly offer?: (packet: PacketToTrace, source: string) => void;
  /** Monotonic, ms. */
  readonly clock?: () => number;
  /** ms between two looks at files and directories. */
  readonly interval?: number;
}

/** What waits to be traced. */
interface Wanted {
  readonly packet: PacketToTrace;
  readonly cause: Omit<TraceCause, 'packets'>;
}

interface Source {
  readonly name: string;
  taken: number;
  problem(): string;
  close(): Promise<void>;
}

const noCounts = (): IdsCounts => ({
  ...{ lines: 0, unreadable: 0, tooLong: 0, captures: 0, alerts: 0, matched: 0, withoutPacket: 0, withoutDigest: 0 },
  ...{ duplicates: 0, overBudget: 0, leftOut: 0, failed: 0, traces: 0 },
});

/** A warning a minute is enough of what comes by the thousand. */
const WARNINGS = 1 / 60;

export function openDetector({
  config: initial,
  traces,
  log,
  offer = () => {},
  clock = performance.now.bind(performance),
  interval,
}: DetectorOptions): Detector {
  const pace = interval === undefined ? {} : { interval };
  let config = initial;
  let rules = alertRules(config);
  let groups = gathering<Wanted>(config.packets);
  let bucket: Bucket | null = null;
  let timer: NodeJS.Timeout | undefined;
  let latest: IdsRow['latest'] = null;
  let lastError = '';
  let overSince: number | null = null;
  const counts = noCounts();
  const sources = new Map<string, Source>();
  const name = `ids ${config.name}`;

  const warn = seldom(WARNINGS, clock, (text, unsaid) =>
    log('warn', `${name}: ${text}${unsaid === 0 ? '' : ` (${unsaid} more warnings were left out)`}`),
  );
  const wrong = (text: string) => {
    lastError = text;
    warn(text);
  };

  async function trace({ best, packets }: Gathered<Wanted>): Promise<void> {
    const [{ cause }] = best as [Wanted];
    const now = clock();
    const took = takeToken(bucket, (config.budget.count * 1000) / config.budget.per, now, config.budget.count);
    bucket = took.bucket;
    if (!took.taken) {
      counts.overBudget++;
      overSince = now;
      wrong(`the budget of ${showBudget(config.budget)} is spent: alerts are not traced`);
      return;
    }
    try {
      const { id, entry } = await traces.startTrace(
        best.map(({ packet }) => packet),
        () => {},
        { cause: { ...cause, packets } },
      );
      counts.traces++;
      latest = { id, at: Date.now() };
      const found =
        entry === null ? 'entry not found' : `AS${entry.as}${entry.via === null ? '' : ` via AS${entry.via}`}`;
      log('info', `${name}: trace ${id} of ${said(cause)}: ${found}`);
    } catch (error) {
      counts.failed++;
      wrong(`${said(cause)} cannot be traced: ${(error as Error).message}`);
    }
  }

  /** Lets go what has waited long enough, and comes again for the rest. */
  const release = () => {
    clearTimeout(timer);
    for (const one of groups.due(clock())) void trace(one);
    const next = groups.next();
    if (next !== null) timer = setTimeout(release, Math.max(1, next - clock()));
  };

  function matched(alert: EveAlert): void {
    counts.matched++;
    const { signature, text, time, packet: given } = alert;
    if (given === null) {
      counts.withoutPacket++;
      const hint = alert.without === 'no packet' ? ': set `packet: yes` for alerts in suricata.yaml' : '';
      wrong(
        `an alert of signature ${signature} has ${alert.without === 'no packet' ? 'no packet' : `a packet that is ${alert.without}`}${hint}`,
      );
      return;
    }
    const packet = { ...given, wire: given.frame.length, time };
    const found = traces.guessingOf(packet);
    if ('reason' in found) {
      counts.withoutDigest++;
      wrong(`the packet of an alert of signature ${signature} has no digest: ${found.reason}`);
      return;
    }
    const cause = { ids: config.name, signature, text, at: time };
    const came = groups.take(`${signature} ${alert.flow}`, { guessing: found, of: { packet, cause } }, clock());
    if (came === 'duplicate') counts.duplicates++;
    else if (came === 'full') {
      counts.leftOut++;
      wrong('alerts of too many flows come at once: some are left out');
    } else if (came !== 'waits') void trace(came);
    release();
  }

  const splitter = (source: Source) =>
    lineSplitter(
      LONGEST_LINE,
      line => {
        counts.lines++;
        source.taken++;
        const read = readEveLine(line);
        if (typeof read === 'string') {
          counts.unreadable++;
          wrong(`${source.name}: a line cannot be read: ${read}`);
        } else if (read !== null) {
          counts.alerts++;
          if (read.packet !== null) offer({ ...read.packet, wire: read.packet.frame.length, time: read.time }, name);
          if (rules(read)) matched(read);
        }
      },
      () => {
        counts.tooLong++;
        wrong(`${source.name}: a line of more than ${LONGEST_LINE} octets is passed over`);
      },
    );

  async function capture(source: Source, file: string): Promise<void> {
    counts.captures++;
    source.taken++;
    const { packets, problem } = await spooledPackets(file, config.packets);
    if (problem !== null) wrong(`${file}: ${problem}`);
    const text = file.slice(file.lastIndexOf('/') + 1);
    const own = gathering<Wanted>(packets.length + 1);
    for (const packet of packets) {
      offer(packet, name);
      const found = traces.guessingOf(packet);
      if ('reason' in found) continue;
      const candidate = {
        guessing: found,
        of: { packet, cause: { ids: config.name, signature: null, text, at: packet.time } },
      };
      const came = own.take('', candidate, 0);
      if (typeof came === 'object') return trace(came);
    }
    const [fair] = own.due(Number.POSITIVE_INFINITY);
    if (fair !== undefined) return trace(fair);
    counts.withoutDigest++;
    wrong(`${file}: ${packets.length === 0 ? 'it has no packet' : 'no packet of it has a digest'}`);
  }

  /** Every source that is configured, by what tells it from others. */
  function wanted(): Map<string, () => Source> {
    const make = (open: (source: Source) => Pick<Source, 'problem' | 'close'>) => (title: string) => () => {
      const source: Source = { name: title, taken: 0, problem: () => '', close: async () => {} };
      return Object.assign(source, open(source));
    };
    const files = config.eveFiles.map(path => {
      const title = `eve file ${path}`;
      const open = make(source => {
        const lines = splitter(source);
        return followFile(path, { take: lines.feed, anew: lines.reset, ...pace });
      });
      return [title, open(title)] as const;
    });
    const sockets = config.eveSockets.map(socket => {
      const title = `eve socket ${socket.path}`;
      const open = make(source => openEveSocket(socket, () => splitter(source)));
      return [`${title} ${socket.kind} ${socket.group ?? ''}`, open(title)] as const;
    });
    const spools = config.spools.map(directory => {
      const title = `spool ${directory}`;
      return [
        title,
        make(source => openSpool(directory, { take: file => capture(source, file), ...pace }))(title),
      ] as const;
    });
    return new Map([...files, ...sockets, ...spools]);
  }

  async function openSources(): Promise<void> {
    const now = wanted();
    const gone = [...sources].filter(([key]) => !now.has(key));
    for (const [key] of gone) sources.delete(key);
    // A socket is let go before another one takes its name.
    await Promise.all(gone.map(([, source]) => source.close()));
    for (const [key, open] of now) if (!sources.has(key)) sources.set(key, open());
  }
  let opening = openSources();

  return {
    configure(next) {
      if (next.packets !== config.packets) {
        for (const one of groups.due(Number.POSITIVE_INFINITY)) void trace(one);
        groups = gathering(next.packets);
      }
      if (showBudget(next.budget) !== showBudget(config.budget)) bucket = null;
      config = next;
      rules = alertRules(next);
      opening = opening.then(openSources);
      return opening;
    },
    row: () => ({
      ids: config.name,
      sources: [...sources.values()].map(one => ({ source: one.name, taken: one.taken, problem: one.problem() })),
      counts: { ...counts },
      budget: showBudget(config.budget),
      latest,
      lastError,
    }),
    problems: () => [
      ...[...sources.values()].flatMap(one => (one.problem() === '' ? [] : [`${name}: ${one.name}: ${one.problem()}`])),
      ...(overSince !== null && clock() - overSince < config.budget.per
        ? [`${name}: its budget of ${showBudget(config.budget)} is spent: ${counts.overBudget} alerts were not traced`]
        : []),
    ],
    async close() {
      clearTimeout(timer);
      await opening;
      await Promise.all([...sources.values()].map(one => one.close()));
    },
  };
}

const said = ({ signature, text }: Wanted['cause']): string =>
  signature === null ? `the capture ${text}` : `signature ${signature} "${text}"`;
