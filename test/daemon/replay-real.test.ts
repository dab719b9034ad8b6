/**
 * A real table against what was true ten days before: 270,000 routes of 35 peers (RouteViews, 23 May 2014), and as the registry
 * the origin of every prefix on 13 May. What a replay says is held against the plainest reading of both.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { flattenPath } from '../../src/bgp/as-path.ts';
import { decodeDumped } from '../../src/mrt/dumped-attributes.ts';
import { openMrt, readMrt } from '../../src/mrt/source.ts';
import { createWalker } from '../../src/mrt/walk.ts';
import { formatPrefix, parsePrefix, prefixOf } from '../../src/net/prefix.ts';
import { DATA, dataFile } from '../mrt/dump.ts';
import { stage } from './replayed.ts';

const TABLE = `${DATA}rib.20140523.0600_firstMB.bz2`;

describe('a real table, replayed', () => {
  let here: ReturnType<typeof stage>;
  before(function () {
    if (!existsSync(TABLE) || spawnSync('bzip2', ['-V'], { input: '' }).error !== undefined) {
      console.log('      skipped: ../shared/data or bzip2 is not there');
      return this.skip();
    }
    here = stage();
  });
  after(() => here?.end());

  /** Origins by prefix on 13 May 2014. */
  function origins(): Map<string, number> {
    const found = new Map<string, number>();
    for (const line of Buffer.from(dataFile('ipasn_20140513.dat.gz')!).toString('latin1').split('\n')) {
      const [text = '', as] = line.split('\t');
      const prefix = text.startsWith(';') ? null : parsePrefix(text);
      if (prefix !== null) found.set(formatPrefix(prefix), Number(as));
    }
    return found;
  }

  it('opens a case for each route of another origin than before, and for no other', async () => {
    const before = origins();
    const dump = [...before].map(([prefix, as]) => `route: ${prefix}\norigin: AS${as}\nmnt-by: MAINT-A\nsource: A\n`);
    const config = `router id 192.0.2.10; local as 6447; state "${here.at('state')}";
      irr A { dump "${here.write('a.db', dump.join('\n'))}"; } watch all { maintainer MAINT-A; }`;

    const expected = new Set<string>();
    const walker = createWalker({
      route({ bytes }, { prefix: at, prefixLength, as4, attributesStart, attributesEnd }) {
        const whole = new Uint8Array(4);
        whole.set(bytes.subarray(at, at + ((prefixLength + 7) >> 3)));
        const prefix = prefixOf({ afi: 1, bytes: whole }, prefixLength);
        const last = flattenPath(decodeDumped(bytes, attributesStart, attributesEnd, as4).set.path).at(-1);
        const origin = typeof last === 'number' ? last : null;
        for (let length = prefixLength; length >= 0; length--) {
          const was = before.get(formatPrefix(prefixOf(prefix, length)));
          if (was === undefined) continue;
          const kind = length === prefixLength ? 'origin' : 'more-specific';
          // A set matches when every one of it does (research: hijack 3.1).
          const members = typeof last === 'number' ? [last] : (last ?? []);
          if (members.length === 0 || members.some(as => as !== was))
            expected.add(`${formatPrefix(prefix)} ${origin} ${kind}`);
          return;
        }
      },
      message() {},
      state() {},
      other() {},
    });
    await readMrt(openMrt(TABLE), { record: record => void walker.walk(record), gap() {} }).catch(() => {});
    expect(expected.size).to.be.greaterThan(100);

    const { status, lines, summary, complaints } = await here.play(config, [TABLE]);
    const told = new Set(lines.map(({ prefix, origin, kind }) => `${prefix} ${origin} ${kind}`));
    expect([...told].sort()).to.deep.equal([...expected].sort());
    expect(summary).to.include({ peers: 35, cases: expected.size, open: expected.size, refused: 0 });
    // The file is the beginning of a longer one.
    expect(status).to.equal(65);
    expect(complaints.length).to.be.within(1, 2);
  });
});
