import { expect } from 'chai';
import type { ChecklistsConfig, TracebackConfig } from '../../src/config/traceback-tree.ts';
import { type Checklists, type ChecklistTrusts, createChecklists } from '../../src/daemon/checklists.ts';
import type { Checklist, Verified } from '../../src/registry/rpki/checklist-json.ts';
import type { RpkiClient } from '../../src/registry/rpki/rpki-client.ts';
import { until } from '../interop/bgp-peers.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const DAY = 86_400_000;

describe('daemon/checklists', () => {
  let now: number;
  let said: string[];
  let asked: string[];
  let told: ChecklistTrusts | null;
  let answer: (file: string, client: RpkiClient) => Verified | Promise<Verified>;
  let lists: Checklists;

  const listOf = (as: number, end = NOON + DAY): Checklist => ({
    ...{ ases: [{ from: as, to: as }], hashes: new Set(['00']), until: end },
  });
  const good = (as: number, end?: number): Verified => ({ checklist: listOf(as, end) });
  const config = (files: Readonly<Record<number, string>>, checklists?: ChecklistsConfig) =>
    ({
      ...(checklists && { checklists }),
      peers: Object.entries(files).map(([as, checklist]) => ({ as: Number(as), checklist })),
    }) as unknown as TracebackConfig;
  const take = async (next: TracebackConfig | null) => {
    const prepared = await lists.prepare(next);
    const before = prepared.trusts();
    prepared.commit();
    return before;
  };
  const stateOf = (as: number) => {
    const trust = told?.get(as);
    return trust === undefined ? null : 'doubt' in trust ? trust.doubt : trust.until;
  };

  beforeEach(() => {
    [now, said, asked, told] = [NOON, [], [], null];
    answer = () => good(64510);
    lists = open(100_000);
  });
  const open = (patience: number) =>
    createChecklists({
      log: ((level: string, text: string) => void said.push(`${level} ${text}`)) as never,
      ...{ clock: () => now, patience },
      changed: trusts => {
        told = trusts;
      },
      verify: async (client, file) => {
        asked.push(file);
        return answer(file, client);
      },
    });
  afterEach(() => lists.close());

  it('verifies before a configuration is in force, with what it states, and looks again on time', async () => {
    const clients: RpkiClient[] = [];
    answer = (_, client) => {
      clients.push(client);
      return good(64510);
    };
    const more = { program: '/p', cache: '/c', tals: ['/t'], recheck: 5 * MINUTE };
    const before = await take(config({ 64510: '/a.sig' }, more));
    expect(before.get(64510)).to.deep.equal({ list: listOf(64510), until: NOON + 10 * MINUTE });
    expect(told).to.deep.equal(before);
    expect(said).to.deep.equal(['info traceback: the checklist of AS 64510, /a.sig, is valid']);
    await lists.look();
    expect(asked).to.have.lengthOf(1);
    now += 5 * MINUTE;
    await lists.look();
    expect(asked).to.have.lengthOf(2);
    expect(stateOf(64510)).to.equal(NOON + 15 * MINUTE);
    expect(clients[1]).to.deep.equal({ program: '/p', cache: '/c', tals: ['/t'], timeout: 30_000 });
    expect(said).to.have.lengthOf(1);
    expect(lists.problems()).to.deep.equal([]);
    expect(lists.rowOf(64511)).to.equal(null);
    expect(lists.rowOf(64510)).to.deep.equal({
      ...{ file: '/a.sig', believed: true, toldAt: now, until: NOON + 15 * MINUTE, problem: '' },
    });
  });

  it('runs the program of Debian where nothing is stated', async () => {
    let client: RpkiClient | null = null;
    answer = (_, of) => {
      client = of;
      return good(64510);
    };
    await take(config({ 64510: '/a.sig' }));
    expect(client).to.deep.equal({
      ...{ program: '/usr/sbin/rpki-client', cache: '/var/cache/rpki-client', tals: [], timeout: 30_000 },
    });
    expect(stateOf(64510)).to.equal(NOON + 20 * MINUTE);
  });

  it('believes none any more that is found invalid, and looks again within a minute', async () => {
    await take(config({ 64510: '/a.sig' }));
    answer = () => ({ invalid: 'certificate revoked' });
    now += 10 * MINUTE;
    await lists.look();
    expect(stateOf(64510)).to.equal('certificate revoked');
    const words = 'the checklist of AS 64510, /a.sig, is not believed: certificate revoked';
    expect(said.at(-1)).to.equal(`warn traceback: ${words}`);
    expect(lists.problems()).to.deep.equal([words]);
    expect(lists.rowOf(64510)).to.include({ believed: false, until: null, toldAt: now });
    now += MINUTE;
    answer = () => good(64510);
    await lists.look();
    expect(stateOf(64510)).to.equal(now + 20 * MINUTE);
    expect(said.at(-1)).to.match(/^info .* is valid$/);
  });

  it('believes none that is signed for another AS, or longer than its certificate is good', async () => {
    answer = file => (file === '/a.sig' ? good(64511) : good(64511, NOON + MINUTE));
    await take(config({ 64510: '/a.sig', 64511: '/b.sig' }));
    expect(stateOf(64510)).to.equal('its checklist is not signed for AS 64510');
    expect(stateOf(64511)).to.equal(NOON + MINUTE);
  });

  it('holds on to what was found where nothing can be found out, for two terms and no longer', async () => {
    await take(config({ 64510: '/a.sig' }));
    answer = () => ({ unknown: 'rpki-client: it ran longer than 30 s' });
    for (now += 10 * MINUTE; now < NOON + 20 * MINUTE; now += MINUTE) {
      await lists.look();
      expect(stateOf(64510)).to.equal(NOON + 20 * MINUTE);
      expect(lists.rowOf(64510)).to.include({ believed: true, toldAt: NOON });
    }
    expect(asked).to.have.lengthOf(11);
    expect(said).to.have.lengthOf(2);
    expect(said[1]).to.match(/^warn .* could not be verified again, and is believed until 2026-03-01T12:20:00.000Z: /);
    await lists.look();
    expect(stateOf(64510)).to.equal('rpki-client: it ran longer than 30 s');
    expect(lists.rowOf(64510)).to.include({ believed: false });
    now += 10 * DAY;
    await lists.look();
    expect(stateOf(64510)).to.be.a('string');
  });

  it('believes nothing at first where nothing can be found out', async () => {
    answer = () => ({ unknown: 'spawn ENOENT' });
    const before = await take(config({ 64510: '/a.sig' }));
    expect(before.get(64510)).to.deep.equal({ doubt: 'spawn ENOENT' });
    expect(said).to.deep.equal(['warn traceback: the checklist of AS 64510, /a.sig, is not believed: spawn ENOENT']);
  });

  it('does not believe one longer for a clock that is set back', async () => {
    await take(config({ 64510: '/a.sig' }));
    now -= DAY;
    answer = () => ({ unknown: 'gone' });
    await lists.look();
    expect(stateOf(64510)).to.equal('gone');
  });

  it('does not wait for a program that hangs, and takes its word when it comes', async () => {
    lists.close();
    lists = open(1);
    const held: ((found: Verified) => void)[] = [];
    answer = () => new Promise(resolve => held.push(resolve));
    const before = await take(config({ 64510: '/a.sig' }));
    expect(before.get(64510)).to.deep.equal({ doubt: 'it was not looked at yet' });
    await Promise.race([lists.look(), Promise.resolve()]);
    expect(asked).to.have.lengthOf(1);
    held[0]!(good(64510));
    await until('its word', async () => stateOf(64510) === NOON + 20 * MINUTE);
  });

  it('verifies anew at a reload, keeps what was known meanwhile, and forgets what is no longer configured', async () => {
    await take(config({ 64510: '/a.sig' }));
    answer = () => good(64511);
    const before = await take(config({ 64510: '/a.sig', 64511: '/b.sig' }));
    expect([...before].map(([as, trust]) => [as, 'list' in trust])).to.deep.equal([
      [64510, true],
      [64511, true],
    ]);
    await until('the first one again', async () => stateOf(64510) === 'its checklist is not signed for AS 64510');
    expect(asked).to.deep.equal(['/a.sig', '/b.sig', '/a.sig']);
    // Of another file nothing is known yet.
    answer = () => ({ unknown: 'gone' });
    expect((await take(config({ 64511: '/c.sig' }))).get(64511)).to.deep.equal({ doubt: 'gone' });
    expect([...told!.keys()]).to.deep.equal([64511]);
    await take(null);
    expect([...told!.keys()]).to.deep.equal([]);
    expect(lists.problems()).to.deep.equal([]);
  });

  it('changes nothing when a configuration is prepared and not taken', async () => {
    await take(config({ 64510: '/a.sig' }));
    const before = told;
    answer = () => ({ invalid: 'no' });
    await lists.prepare(config({ 64510: '/b.sig' }));
    expect(told).to.equal(before);
    expect(lists.rowOf(64510)).to.include({ file: '/a.sig', believed: true });
  });
});
