/**
 * MRT files replayed into a book of cases: whatever the octets, nothing breaks, the same file says the same, and what peers
 * are told to hold is what they were told to hold and not to have let go.
 */
import { createFilePeers, type FromFiles } from '../../src/collector/file-peers.ts';
import { createCaseBook } from '../../src/hijack/case-book.ts';
import { mrtReader } from '../../src/mrt/records.ts';
import { createWalker } from '../../src/mrt/walk.ts';
import { compileRegistry } from '../../src/registry/compile.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { watchOf } from '../config/watch.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** Everything is watched, and registered to an AS that nobody has: each route of a file is a case, or part of one. */
const watch = watchOf('all', {
  prefixes: [
    { prefix: '0.0.0.0/0', origins: [] },
    { prefix: '::/0', origins: [] },
  ],
});
const book = sourceBook('FUZZ');
for (let i = 1; i < 224; i++) book.apply('add', object(`route: ${i}.0.0.0/8`));
book.apply('add', object('route6: 2000::/3'));
const compiled = await compileRegistry([{ name: 'FUZZ', store: book.routes, authoritative: false }], [watch]);

function object(head: string) {
  return readRpslObject(Buffer.from(`${head}\norigin: AS4294967294\n`))!;
}

/** All that is told of a file. */
function replayed(file: Uint8Array): string {
  let now = 0;
  const told: string[] = [];
  const held = new Map<string, number>();
  const cases = createCaseBook({
    clock: () => now,
    registry: {
      decide: (prefix, origin) => compiled.snapshot.decide(prefix, origin),
      objectsFor: compiled.objectsFor,
      watchesFor: compiled.watchesFor,
      watchesOf: compiled.watches.ofOrigin,
      nobodys: compiled.watches.nobodys,
      guards: one => compiled.watches.ofObject(one),
      lacks: () => false,
    },
    settings: () => ({ watches: [watch], groups: [], notify: [] }),
    stored: [],
    maxOpen: 30,
  });
  function hear(message: FromFiles): void {
    if (message.type === 'session') cases.session(message.change.peer);
    else if (message.type === 'end-of-rib') cases.endOfRib(message.peer, message.time);
    else {
      for (const { peer, prefix, origin, kind, offender, what } of message.changes) {
        const fact = [peer, prefix, origin, kind, offender].join(' ');
        if (what !== 'held' && !held.delete(fact)) throw new Error(`${what}, and was never held: ${fact}`);
        if (what === 'held') held.set(fact, now);
      }
      for (const { case: of, notice } of cases.judged(message.changes)) {
        const holders = of.witnesses.filter(one => one.state === 'holds').length;
        if (holders > of.peakWitnesses) throw new Error('more witnesses than at the peak');
        told.push(`${of.id} ${of.state} ${holders} ${notice ?? ''}`);
      }
    }
  }
  const peers = createFilePeers({
    layers: compiled.layers,
    aspas: null,
    localAs: 64500,
    now: () => now,
    known: (address, as) => ({ name: `${address} AS${as}` }),
    tell: hear,
  });
  const { visitor, meet, end } = peers.file('', () => {});
  const walker = createWalker(visitor);
  const reader = mrtReader();
  reader.feed(file);
  reader.finish();
  for (let step = reader.next(); step !== 'end' && step !== 'more'; step = reader.next()) {
    if (step !== 'record') continue;
    now = Math.max(now, reader.record.seconds * 1000);
    meet(reader.record);
    walker.walk(reader.record);
    peers.look();
  }
  end();
  peers.flush();
  cases.tick(now + 86_400_000);
  const { updates, routes, malformed } = peers.counts;
  return `${peers.peers} ${updates} ${routes} ${malformed} ${held.size}\n${told.join('\n')}`;
}

/** The target; a seed is the begin of a file. */
export function replayedFileTarget(seeds: readonly Uint8Array[]): Target {
  let count = 0;
  return {
    name: 'replayed files',
    seeds,
    mutate: (input, other, random) => mutate(input, other, random, 1 << 14),
    judge(file) {
      const said = replayed(file);
      if (++count % 4 === 0 && replayed(file) !== said) throw new Error('the same file says something else');
      return said.split('\n', 1)[0]!;
    },
    begin() {
      count = 0;
    },
  };
}
