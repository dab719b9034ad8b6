/** What translators tell, from whichever source, and the other forms of packets that follow from it. */
import type { TranslatorConfig } from '../../config/translator-tree.ts';
import { type DeterministicNat, insideOf, outsideOf } from '../../flow/deterministic-nat.ts';
import type { Translation } from '../../flow/translation.ts';
import { type TranslationTable, translationTable } from '../../flow/translation-table.ts';
import { parsePrefix } from '../../net/prefix.ts';
import { openConntrack } from './conntrack-feed.ts';
import { followLog, type LogFeed, takeLog } from './translation-feeds.ts';
import { type FormAnswer, type FormQuestion, MOST_FORMS } from './translator-messages.ts';

/** How far the clocks of translator, exporter and capture may differ, and how long a log takes; ms. */
const SLACK = 2_000;
/** How often what is too old is dropped; ms. */
const DROP_INTERVAL = 10_000;

export interface TranslatorStatus {
  /** Translations told since the start, and those that are held. */
  readonly told: number;
  readonly held: number;
  /** Times at which something was not told, and translations dropped for lack of memory. */
  readonly gaps: number;
  readonly evicted: number;
  /** Times at which not all translations of one address were looked at, for there were too many. */
  readonly cutShort: number;
}

export interface Translator {
  /** Opens the sources; those that stay go on. Null: there is none but `take`. */
  configure(config: TranslatorConfig | null, limits: { readonly retention: number; readonly memory: number }): void;
  take(translation: Translation): void;
  /** Other forms of a packet of a time, at most MOST_FORMS. */
  find(packet: FormQuestion): FormAnswer[];
  status(): TranslatorStatus;
  close(): void;
}

/** `say` gets lines for a person. */
export function openTranslator(say: (line: string) => void): Translator {
  let table: TranslationTable | null = null;
  let memory = 0;
  let retention = 0;
  let pools: DeterministicNat[] = [];
  let told = 0;
  let evicted = 0;
  let cutShort = 0;
  const feeds = new Map<string, LogFeed>();
  let saidEvicted = false;
  let saidCutShort = false;

  const tellCutShort = () => {
    if (saidCutShort || table === null || table.cutShort === 0) return;
    saidCutShort = true;
    say('too many translations of one address: of older ones not all are looked at');
  };
  const take = (translation: Translation) => {
    told++;
    table?.take(translation);
    if (!saidEvicted && table !== null && table.evicted > 0) {
      saidEvicted = true;
      say('there is not enough memory for all translations: the oldest are dropped');
    }
    tellCutShort();
  };
  const drops = setInterval(() => table?.dropBefore(Date.now() - retention), DROP_INTERVAL).unref();

  const wanted = (config: TranslatorConfig): Map<string, () => LogFeed> =>
    new Map<string, () => LogFeed>([
      ...(config.conntrack
        ? [['conntrack', () => openConntrack({ take, table: () => table, say })] as [string, () => LogFeed]]
        : []),
      ...config.files.map((one): [string, () => LogFeed] => [JSON.stringify(one), () => followLog(one, take, say)]),
      ...config.udp.map((one): [string, () => LogFeed] => [JSON.stringify(one), () => takeLog(one, take, say)]),
    ]);

  return {
    configure(config, limits) {
      retention = limits.retention;
      if (table === null || memory !== limits.memory) {
        // What is told already is not told again by most sources: another memory begins anew.
        evicted += table?.evicted ?? 0;
        cutShort += table?.cutShort ?? 0;
        table = translationTable(limits.memory);
        memory = limits.memory;
        for (const [key, feed] of feeds) {
          feed.close();
          feeds.delete(key);
        }
      }
      pools = (config?.pools ?? []).flatMap(poolOf);
      const now = config === null ? new Map<string, () => LogFeed>() : wanted(config);
      for (const [key, feed] of feeds)
        if (!now.has(key)) {
          feed.close();
          feeds.delete(key);
        }
      for (const [key, open] of now) if (!feeds.has(key)) feeds.set(key, open());
    },
    take,
    find(packet) {
      const found = (table?.find(packet, packet.time, SLACK) ?? []).map(({ ends, side }) => ({ ...ends, side }));
      tellCutShort();
      return [...found, ...pools.flatMap(pool => formOf(pool, packet))].slice(0, MOST_FORMS);
    },
    status: () => ({
      told,
      held: table?.size ?? 0,
      gaps: [...feeds.values()].reduce((sum, feed) => sum + feed.gaps(), 0),
      evicted: evicted + (table?.evicted ?? 0),
      cutShort: cutShort + (table?.cutShort ?? 0),
    }),
    close() {
      clearInterval(drops);
      for (const feed of feeds.values()) feed.close();
      feeds.clear();
    },
  };
}

/** The addresses of an IPv4 prefix as numbers. */
function range(text: string): { first: number; count: number } | null {
  const prefix = parsePrefix(text);
  if (prefix === null || prefix.bytes.length !== 4) return null;
  return { first: numberOf(prefix.bytes), count: 2 ** (32 - prefix.length) };
}

function poolOf({ inside, outside, reserved, dynamic }: TranslatorConfig['pools'][number]): DeterministicNat[] {
  const [near, far] = [range(inside), range(outside)];
  return near === null || far === null ? [] : [{ inside: near, outside: far, reserved, dynamic }];
}

const numberOf = (octets: Uint8Array): number => octets.reduce((sum, octet) => sum * 256 + octet, 0);
const octetsOf = (number: number): Uint8Array => Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);

/** Forms that are reckoned: of what comes from or goes to either side of the pool. */
function formOf(pool: DeterministicNat, packet: FormQuestion): FormAnswer[] {
  const { source, destination, sourcePort, destinationPort } = packet;
  if (source.length !== 4) return [];
  const same = { source, destination, sourcePort, destinationPort };
  const forms: FormAnswer[] = [];
  for (const [end, port, put] of [
    [source, sourcePort, (address: Uint8Array) => ({ ...same, source: address, sourcePort: null })],
    [destination, destinationPort, (address: Uint8Array) => ({ ...same, destination: address, destinationPort: null })],
  ] as const) {
    const inside = insideOf(pool, numberOf(end), port);
    const outside = outsideOf(pool, numberOf(end));
    if (inside !== null) forms.push({ ...put(octetsOf(inside)), side: 'near' });
    if (outside !== null) forms.push({ ...put(octetsOf(outside.address)), side: 'far' });
  }
  return forms;
}
