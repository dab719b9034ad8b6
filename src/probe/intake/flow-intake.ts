/**
 * From datagrams of exporters to windows and counts: octets of packets become digests like those of a tap, records of flows
 * are kept to be asked for, translations are handed on. Time is that of this machine: sFlow states none.
 */
import type { ProbeConfig } from '../../config/tree.ts';
import { type Exporter, type ExporterStatus, openExporter } from '../../flow/exporter.ts';
import type { FlowRecord } from '../../flow/flow-record.ts';
import { flowStore } from '../../flow/flow-store.ts';
import type { Translation } from '../../flow/translation.ts';
import type { PcapRecord } from '../../packet/capture.ts';
import { blockRecord } from '../../packet/frame-block.ts';
import type { FlowAnswer, FlowPlace, FlowQuestion, FlowStatus } from '../flows/flow-question.ts';
import type { FlowVantages } from '../flows/flow-vantage.ts';
import type { Intake } from './intake.ts';

/** How far the clock of an exporter may be off, ms; beyond it the time of arrival is taken. */
const MOST_SKEW = 60_000;
/** Samples that wait for a key. */
const MOST_WAITING = 4096;
/** Packets that are said to be lost in one second, whatever numbers an exporter sends. */
const MOST_LOST = 100_000_000;
/** Lines about others than the exporters, and about what is malformed, come as seldom as this, ms. */
const TELL_INTERVAL = 60_000;
/** Addresses of others that are named in such a line. */
const MOST_NAMED = 3;

/** What is told of an exporter when there is more of it than a minute ago. */
const LIMITS = [
  ['otherDomains', 'datagrams of domains that are not believed, or of too many'],
  ['withoutTemplate', 'data sets without a template'],
  ['templatesDropped', 'templates dropped, there are more than are kept'],
] as const satisfies readonly (readonly [keyof ExporterStatus, string])[];

/** What it needs of an intake. */
export type TakingIntake = Pick<Intake, 'tap' | 'windows' | 'vantages' | 'needKey' | 'lose' | 'configure'>;

export interface FlowIntakeOptions {
  readonly intake: TakingIntake;
  /** Those that the tap of the intake asks. */
  readonly seen: FlowVantages;
  readonly translation: (translation: Translation) => void;
  /** Datagrams that the kernel dropped so far. */
  readonly dropped: () => number;
  readonly say: (line: string) => void;
}

export interface FlowIntake {
  configure(probe: ProbeConfig): void;
  /** Takes a datagram from an address that came at `now`, ms since the epoch. */
  take(datagram: Uint8Array, from: string, now: number): void;
  /** To be called about every second: time goes on though nothing comes. */
  tick(now: number): void;
  ask(questions: readonly FlowQuestion[]): FlowAnswer;
  status(): FlowStatus;
  /** Share of the packets that can be here at most: the sampling of the exporter that samples most thinly. */
  sampling(): number;
}

/** Flows into an intake; nobody is believed before `configure`. */
export function openFlowIntake({ intake, seen, translation, dropped, say }: FlowIntakeOptions): FlowIntake {
  const { tap, windows, vantages } = intake;
  const store = flowStore({ retention: 0, memory: 0 });
  const exporters = new Map<string, Exporter>();
  /** Addresses by the number that the store knows them by; numbers stay. */
  const numbered: string[] = [];
  const others = new Set<string>();
  let settings = new Map<string, string>();
  let refused = 0;
  let otherDatagrams = 0;
  let told = 0;
  let malformed = 0;
  let lastWrong = '';
  /** Of each exporter, when its limits were last told of. */
  const toldOf = new Map<string, ExporterStatus>();
  let lostBefore = 0;

  /** Samples that wait for the key of their hour: copies. */
  const waiting: { readonly frame: PcapRecord; readonly of: FlowRecord; readonly from: string }[] = [];
  let waitedInVain = 0;
  let lostWaiting = 0;

  const put = (sample: PcapRecord, of: FlowRecord, from: string): number | null => {
    seen.begin(from, of);
    return tap.take(sample);
  };

  const again = () => {
    for (const one of waiting.splice(0)) {
      const needed = put(one.frame, one.of, one.from);
      if (needed !== null) wait(needed, one);
    }
  };

  const wait = (epoch: number, sample: (typeof waiting)[number]) => {
    if (waiting.length === 0) intake.needKey(epoch).then(again);
    waiting.push(sample);
  };

  const frame = blockRecord();
  const section = (record: FlowRecord, from: string, now: number) => {
    const time = Math.abs(record.observed - now) <= MOST_SKEW ? record.observed : now;
    frame.bytes = record.bytes;
    frame.offset = record.section;
    frame.captured = record.sectionOctets;
    // Where the length is not stated what is missing is the exporter's cut, not the packet's fault.
    frame.wire = record.sectionWire < 0 ? record.sectionOctets + 1 : Math.max(record.sectionWire, record.sectionOctets);
    frame.seconds = Math.floor(time / 1000);
    frame.nanoseconds = (time % 1000) * 1e6;
    frame.linkType = record.sectionLink;
    frame.number++;
    const needed = put(frame, record, from);
    if (needed === null) return;
    if (waiting.length >= MOST_WAITING) {
      waitedInVain++;
      lostWaiting++;
      return;
    }
    const bytes = new Uint8Array(record.bytes.subarray(record.section, record.section + record.sectionOctets));
    wait(needed, { frame: { ...frame, bytes, offset: 0 }, of: { ...record, bytes }, from });
  };

  const flow = (record: FlowRecord, from: string, now: number) => {
    if (record.last < 0 || record.last > now + MOST_SKEW) {
      // Its clock is wrong: how long the flow was still holds.
      record.first = now - (record.last - record.first);
      record.last = now;
    }
    record.first = Math.min(Math.max(0, record.first), record.last);
    const number = numbered.indexOf(from);
    store.put(record, seen.ofRecord(from, record), number, now);
    if (record.reversePackets === 0) return;
    const back = reversed(record);
    store.put(back, seen.ofRecord(from, back), number, now);
  };

  /** A line a minute about each thing that is thrown away. */
  const tell = (now: number) => {
    if (now - told < TELL_INTERVAL) return;
    told = now;
    if (otherDatagrams > 0) {
      const names = [...others].slice(0, MOST_NAMED).join(', ');
      const more = others.size > MOST_NAMED ? ' and others' : '';
      say(`${otherDatagrams} datagrams of ${names}${more}, no exporter of the configuration, are thrown away`);
    }
    if (malformed > 0) say(`${malformed} datagrams make no sense; the last one of ${lastWrong}`);
    if (waitedInVain > 0) say(`${waitedInVain} sampled packets came before the key of their hour and are lost`);
    for (const [address, one] of exporters) {
      const status = one.status();
      const before = toldOf.get(address);
      toldOf.set(address, status);
      const hit = LIMITS.flatMap(([field, words]) => {
        const more = status[field] - (before?.[field] ?? 0);
        return more > 0 ? [`${more} ${words}`] : [];
      });
      if (hit.length > 0) say(`${address}: ${hit.join(', ')}`);
    }
    others.clear();
    otherDatagrams = 0;
    malformed = 0;
    waitedInVain = 0;
  };

  return {
    configure(probe) {
      const configured = probe.exporters ?? [];
      intake.configure({ ...probe, memory: probe.memory / 2 });
      seen.configure(configured);
      store.configure({ retention: probe.retention, memory: probe.memory / 2 });
      if (configured.length === 0) say('no exporter is configured: all datagrams are thrown away');
      const next = new Map(configured.map(one => [one.address, JSON.stringify([one.domains, one.sampling])]));
      for (const address of exporters.keys())
        if (next.get(address) !== settings.get(address)) {
          exporters.delete(address);
          toldOf.delete(address);
        }
      settings = next;
      for (const { address, domains, sampling } of configured) {
        if (exporters.has(address)) continue;
        if (!numbered.includes(address)) numbered.push(address);
        let now = 0;
        const opened = openExporter(
          { address, domains, sampling: sampling ?? null },
          {
            section: record => section(record, address, now),
            flow: record => flow(record, address, now),
            translation,
          },
        );
        exporters.set(address, {
          ...opened,
          take(datagram, at) {
            now = at;
            return opened.take(datagram, at);
          },
        });
      }
    },
    take(datagram, from, now) {
      const known = exporters.get(from);
      if (known === undefined) {
        refused++;
        otherDatagrams++;
        if (others.size <= MOST_NAMED) others.add(from);
        return;
      }
      const wrong = known.take(datagram, now);
      if (wrong === null) return;
      malformed++;
      lastWrong = `${from}, octet ${wrong.offset}: ${wrong.reason}`;
    },
    tick(now) {
      const second = Math.floor(now / 1000);
      windows.advance(second);
      vantages.second = second;
      store.expire(now);
      // What never came is missing in the second that tells so.
      const lost = dropped() + lostWaiting + [...exporters.values()].reduce((sum, one) => sum + one.lost(), 0);
      if (lost > lostBefore) intake.lose('export', second, Math.min(lost - lostBefore, MOST_LOST));
      // It may be less than before: what was missing has come late, or the exporter is gone.
      lostBefore = lost;
      tell(now);
    },
    ask(questions) {
      const places = questions.flatMap(question =>
        store.ask(question, question.from, question.to).map(
          (found): FlowPlace => ({
            ...{ input: found.input, output: found.output, records: found.records, packets: found.packets },
            ...{ sampling: found.sampling, first: found.first, last: found.last },
            vantage: vantages.list[found.vantage]!,
            exporter: numbered[found.exporter]!,
          }),
        ),
      );
      return { probe: '', places: places.sort((a, b) => b.records - a.records), retained: store.status().retained };
    },
    status() {
      const { records, droppedForMemory } = store.status();
      return {
        exporters: [...exporters.values()].map(one => one.status()),
        ...{ refused, dropped: dropped(), records, droppedForMemory },
      };
    },
    sampling() {
      const most = Math.max(1, ...[...exporters.values()].map(one => one.status().sampling));
      return 1 / most;
    },
  };
}

/** The other direction of a bidirectional flow (RFC 5103). */
function reversed(record: FlowRecord): FlowRecord {
  return {
    ...record,
    ...{ source: record.destination, destination: record.source },
    ...{ sourcePort: record.destinationPort, destinationPort: record.sourcePort },
    ...{
      input: record.output,
      output: record.input,
      sourceMac: record.destinationMac,
      destinationMac: record.sourceMac,
    },
    ...{ packets: record.reversePackets, octets: record.reverseOctets },
  };
}
