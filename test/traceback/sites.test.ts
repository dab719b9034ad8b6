/** One AS of several daemons: an ITM and its sites, over TLS on loopback, with scripted probes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { TraceSitesConfig } from '../../src/config/trace-sites-tree.ts';
import type { Config } from '../../src/config/tree.ts';
import { createTraceSites, type TraceSites } from '../../src/daemon/trace-sites.ts';
import { decodeItem, encodeFrame, encodeItem } from '../../src/net/frames.ts';
import type { Canary } from '../../src/probe/canary.ts';
import type { ProbeAnswer } from '../../src/probe/question.ts';
import type { CommittedWindow } from '../../src/probe/sealed/prove-sealed.ts';
import { askBorder, type Probes } from '../../src/traceback/btm.ts';
import { judgeSource } from '../../src/traceback/dtm.ts';
import { insideOf } from '../../src/traceback/inside.ts';
import type { TraceForSite } from '../../src/traceback/site-traces.ts';
import {
  encodeSiteMessage,
  fromWire,
  readSiteMessage,
  type SiteAnswer,
  type SiteHello,
  type SiteMessage,
  toWire,
} from '../../src/traceback/site-wire.ts';
import { coverageOf, sharesOf } from '../../src/traceback/sites.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { type Ases, asked, DIGEST, dialRaw, newAses, probeAnswer, question, sawFrom, sawTo, until } from './ases.ts';
import { makeCertificate } from './certificates.ts';
import { sighted } from './sighted.ts';

const AS = 64500;
const KEY = 'the key of the federation';
const asking = { questions: [{ packet: 0, ...question }], need: 1 };

const hello: SiteHello = {
  type: 'hello',
  ...{ version: 2, as: AS, site: 'osaka', roles: ['btm', 'dtm'], retention: 3600, coverage: 1 },
  probes: [{ probe: 'north', domain: 'umeda' }],
};

describe('traceback/site-wire', () => {
  const own = sighted(177_000_000, [[30]]);
  const answer: SiteMessage = {
    type: 'answer',
    id: 7,
    answers: [
      toWire(probeAnswer([sawFrom(64510)], { samples: true, unsaid: 3, holes: [{ from: 1, to: 2 }], probe: 'north' })),
    ],
    silent: ['south'],
  };
  const all: SiteMessage[] = [
    hello,
    { type: 'welcome', version: 2 },
    { type: 'refused', reason: 'no site' },
    { type: 'alive' },
    {
      ...{ type: 'question', id: 7, within: 900 },
      questions: [{ epoch: 5, digest: DIGEST, from: 1, to: 2 }],
      keys: [{ epoch: 5, check: 'x' }],
    },
    answer,
    { type: 'sealed', windows: [{ number: 177_000_000, part: 1, root: 'ab'.repeat(32) }] },
    { type: 'prove', id: 8, within: 90, questions: [{ epoch: 5, digest: DIGEST, from: 1, to: 2 }] },
    {
      ...{ type: 'proofs', id: 8 },
      proofs: [{ question: 0, proof: own.sight(0, own.digests[0]![0]!)! }],
    },
    {
      ...{ type: 'trace', id: 3, need: 1, fragment: false, time: 7, from: null, to: 9, purpose: 'attack' },
      ...{ entropy: 'fair', approved: false, by: 'alice', case: 'noc-7', repeats: '' },
      questions: [{ packet: 0, epoch: 5, digest: DIGEST, time: null }],
    },
    { type: 'cancel', id: 3, reason: 'bob' },
    { type: 'traced', id: 3, over: true, trace: Uint8Array.from(Buffer.from('{}')) },
    { type: 'untraced', id: 3, reason: 'too many' },
    { type: 'draw', id: 9, within: 90, neighbors: [64510] },
    {
      ...{ type: 'canaries', id: 9 },
      canaries: [{ neighbor: 64510, direction: 'in', epoch: 5, digest: DIGEST, time: 7, entropy: 'fair' }],
    },
  ];
  const read = (message: SiteMessage) => {
    const item = decodeItem(encodeSiteMessage(message).subarray(4));
    return 'message' in item ? readSiteMessage(item.message) : item;
  };

  it('reads back each message that it writes', () => {
    for (const message of all) expect(read(message)).to.deep.equal({ message });
    const told = probeAnswer([{ direction: 'inside', neighbor: null }], { samples: true });
    const recent = { ...told, sightings: [{ ...told.sightings[0]!, recent: { mac: null, vlan: 5, ttl: 61 } }] };
    expect(fromWire(toWire(recent))).to.deep.equal(recent);
  });

  it('reads the octets of a message by hand', () => {
    const octets = Uint8Array.from(
      Buffer.from('a2647479706567726566757365646672656173 6f6e626e6f'.replace(/ /g, ''), 'hex'),
    );
    const item = decodeItem(octets) as { message: unknown };
    expect(readSiteMessage(item.message)).to.deep.equal({ message: { type: 'refused', reason: 'no' } });
  });

  it('says what is wrong, and where', () => {
    const wrong = (change: object) => readSiteMessage({ ...hello, ...change });
    expect(wrong({ type: 'query' })).to.deep.equal({ wrong: 'no such message', at: 'type' });
    expect(wrong({ payload: new Uint8Array(4) })).to.deep.equal({ wrong: 'no such field', at: 'payload' });
    expect(wrong({ site: 'a\u001b[31mb' })).to.include({ at: 'site' });
    expect(wrong({ probes: [{ probe: 'a' }] })).to.deep.equal({ wrong: 'is missing', at: 'probes[0].domain' });
    expect(wrong({ roles: ['root'] })).to.include({ at: 'roles[0]' });
    const sighting = { ...(answer as SiteAnswer).answers[0]!.sightings[0]!, header: new Uint8Array(20) };
    const leaking = {
      ...(answer as SiteAnswer),
      answers: [{ ...(answer as SiteAnswer).answers[0]!, sightings: [sighting] }],
    };
    expect(readSiteMessage(leaking)).to.deep.equal({ wrong: 'no such field', at: 'answers[0].sightings[0].header' });
  });

  it('never throws, whatever was decoded', () => {
    const leaf = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.uint8Array(), fc.constant(null), fc.boolean());
    const value = fc.letrec(tie => ({
      any: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('any')),
      ),
    })).any;
    const types = fc.constantFrom(
      'hello',
      'question',
      'answer',
      'sealed',
      'prove',
      'proofs',
      'draw',
      'canaries',
      'trace',
      'traced',
    );
    fc.assert(
      fc.property(value, types, fc.constantFrom(...all), fc.string(), (anything, type, message, key) => {
        readSiteMessage(anything);
        readSiteMessage({ ...(anything as object), type });
        readSiteMessage({ ...message, [key]: anything });
      }),
    );
    expect(encodeItem({}).length).to.equal(1);
  });
});

describe('traceback/sites: shares of the border', () => {
  const standing = (roles: readonly ('btm' | 'dtm')[], coverage: number | null = 1) => ({
    standing: { roles, coverage, retention: null, domains: new Map() },
  });
  const shares = (sites: [string, number | null][], ownProbes: boolean, known: [string, object][] = []) =>
    Object.fromEntries(
      sharesOf(
        { sites: sites.map(([name, share]) => ({ name, share })), ownProbes, ownBorder: true },
        new Map(known as never),
      ),
    );

  it('are even where nothing is stated, and else as stated', () => {
    expect(
      shares(
        [
          ['a', null],
          ['b', null],
        ],
        false,
      ),
    ).to.deep.equal({ a: 0.5, b: 0.5 });
    expect(
      shares(
        [
          ['a', 0.6],
          ['b', null],
        ],
        true,
      ),
    ).to.deep.equal({ a: 0.6, b: 0.2, null: 0.2 });
    expect(
      shares(
        [
          ['a', 0.6],
          ['b', 0.4],
        ],
        true,
      ),
    ).to.deep.equal({ a: 0.6, b: 0.4, null: 0 });
  });
  it('are none of a site that watches no border', () => {
    expect(
      shares(
        [
          ['a', null],
          ['b', null],
        ],
        false,
        [['b', standing(['dtm'])]],
      ),
    ).to.deep.equal({ a: 1, b: 0 });
  });
  it('weigh the coverages; who is away watches nothing', () => {
    const groups = (b: string | null, coverage: number | null = 0.5) => [
      { site: 'a', coverage: 1, away: null },
      { site: 'b', coverage, away: b },
    ];
    const of = new Map([
      ['a', 0.3],
      ['b', 0.7],
    ]);
    expect(coverageOf(groups(null), of)).to.be.closeTo(0.65, 1e-9);
    expect(coverageOf(groups('gone'), of)).to.be.closeTo(0.3, 1e-9);
    expect(coverageOf(groups(null, null), of)).to.equal(null);
    expect(
      coverageOf(
        groups(null, null),
        new Map([
          ['a', 1],
          ['b', 0],
        ]),
      ),
    ).to.equal(1);
  });
});

describe('traceback: one AS of three daemons', function () {
  this.timeout(240_000);
  let ases: Ases;
  let running: TraceSites[];
  /** How far the clocks of all daemons have gone on, ms. */
  let later: number;
  beforeEach(() => {
    later = 0;
    ases = newAses();
    running = [];
    trace = () => () => Promise.reject(new Error('nothing is traced here'));
  });
  afterEach(() => {
    for (const one of running) one.close();
    ases.close();
  });

  const files = (name: string) => {
    const at = (end: string) => join(ases.directory, `${name}.${end}`);
    return { key: at('key'), certificate: at('crt') };
  };
  const makeFiles = (name: string) => {
    const { key, certificate } = makeCertificate(AS);
    writeFileSync(files(name).key, key);
    writeFileSync(files(name).certificate, certificate);
  };
  const base: TraceSitesConfig = {
    roles: ['itm', 'btm', 'dtm', 'dpoint'],
    itm: null,
    listen: [],
    sites: [],
    domains: [],
  };
  /** As much of a configuration as is looked at. */
  const configOf = (
    name: string,
    sites: Partial<TraceSitesConfig>,
    probes: readonly string[],
    coverage: number | null = 1,
  ) => {
    const { key, certificate } = files(name);
    return {
      localAs: AS,
      probes: probes.map(probe => ({ name: probe, retention: 3_600_000 })),
      traceback: {
        ...{ listen: [], announce: [], federations: [], peers: [], identity: key, certificate },
        answer: { detail: 'neighbor-as', coverage },
        sites: { ...base, ...sites },
      },
    } as unknown as Config;
  };
  /** What the ITM of a test does with traces of its sites. */
  let trace: (site: string) => TraceForSite;
  const start = async (config: Config, ask: Probes['ask'], key: string | null = KEY, more: Partial<Probes> = {}) => {
    const log: string[] = [];
    const audit: string[] = [];
    const sealed: CommittedWindow[] = [];
    const nothing = () => Promise.resolve([]);
    const one = createTraceSites({
      station: { ask, prove: nothing, draw: nothing, ...more } as never,
      sealed: windows => void sealed.push(...windows),
      trace,
      keyOf: () => key,
      retention: () => 3600,
      audit: (what, body) => void audit.push(`${what} ${JSON.stringify(body)}`),
      log: Object.assign((_level: string, line: string) => void log.push(line), { configure() {} }) as never,
      clock: () => Date.now() + later,
    });
    running.push(one);
    (await one.prepare(config)).commit();
    return { one, log, audit, sealed };
  };
  const always =
    (...answers: ProbeAnswer[]): Probes['ask'] =>
    () =>
      Promise.resolve({ answers, silent: [] });
  const nobody: Probes['ask'] = () => Promise.resolve({ answers: [], silent: [] });

  /** An ITM without probes, with the sites osaka and tokyo. */
  const itm = async (sites: Partial<TraceSitesConfig> = {}, again = false) => {
    if (!again) for (const name of ['itm', 'osaka', 'tokyo']) makeFiles(name);
    const started = await start(
      configOf(
        'itm',
        {
          listen: [{ address: '127.0.0.1', port: 0 }],
          sites: [
            { name: 'osaka', certificate: files('osaka').certificate, share: 0.4 },
            { name: 'tokyo', certificate: files('tokyo').certificate, share: 0.6 },
          ],
          ...sites,
        },
        [],
      ),
      nobody,
    );
    return { ...started, port: started.one.ports()[0]! };
  };
  const site = (
    name: string,
    port: number,
    ask: Probes['ask'],
    {
      domains = {},
      called = name,
      key = KEY,
      more = {},
      roles = ['btm', 'dtm'],
    }: {
      domains?: Record<string, string[]>;
      called?: string;
      key?: string;
      more?: Partial<Probes>;
      roles?: TraceSitesConfig['roles'];
    } = {},
  ) =>
    start(
      configOf(
        name,
        {
          roles,
          itm: { address: '127.0.0.1', port, certificate: files('itm').certificate, site: called },
          domains: Object.entries(domains).map(([domain, probes]) => ({ name: domain, probes })),
        },
        Object.values(domains).flat().concat(`tap-${name}`),
      ),
      ask,
      key,
      more,
    );
  const connected = (one: TraceSites, ...names: string[]) =>
    until(() => names.every(name => one.status().some(row => row.site === name && row.connected)), names.join(', '));
  const border = (one: TraceSites) => {
    const now = Date.now();
    return askBorder(one.probes, asking, null, now + 5000, now, () => {});
  };
  const told = (probe: string, ...more: Parameters<typeof probeAnswer>) =>
    probeAnswer(...(more.slice(0, 1) as [never]), { probe });

  it('merges what the sites saw: the neighbours of all of them, and coverage by their shares', async () => {
    const { one, port } = await itm();
    await site('osaka', port, always(told('tap-osaka', [sawFrom(64510)])));
    await site('tokyo', port, always(told('tap-tokyo', [sawFrom(64511), sawTo(64520)])));
    await connected(one, 'osaka', 'tokyo');
    const found = await border(one);
    expect(found).to.deep.include({ verdict: 'saw', ingress: [64510, 64511], egress: [64520], coverage: 1 });
    expect(found.reason).to.not.match(/osaka|tokyo|tap/);
    expect(one.behind()).to.deep.equal({ roles: ['itm', 'btm', 'dtm', 'dpoint'], retention: 3600, coverage: 1 });
    const { sites } = insideOf(found.groups!, asking, false);
    expect(sites.map(({ site: name, verdict, ingress }) => [name, verdict, ingress])).to.deep.equal([
      ['osaka', 'saw', [64510]],
      ['tokyo', 'saw', [64511]],
    ]);
  });

  it('says clear only with every site there', async () => {
    const { one, port } = await itm();
    const osaka = await site('osaka', port, always(told('tap-osaka', [])));
    await site('tokyo', port, always(told('tap-tokyo', [])));
    await connected(one, 'osaka', 'tokyo');
    expect((await border(one)).verdict).to.equal('clear');

    osaka.one.close();
    await until(() => one.status().some(row => row.site === 'osaka' && !row.connected));
    const partial = await border(one);
    expect(partial).to.include({ verdict: 'clear-partial', coverage: 0.6 });
    expect(partial.reason)
      .to.match(/1 of 2 sites of this AS do not answer/)
      .and.not.match(/osaka/);
    const [down, up] = insideOf(partial.groups!, asking, false).sites;
    expect(down).to.deep.include({ site: 'osaka', verdict: 'silent' });
    expect(down!.reason).to.match(/it is not connected any more/);
    expect(up).to.deep.include({ site: 'tokyo', verdict: 'clear' });
  });

  it('cannot know without any of them', async () => {
    const { one } = await itm();
    const found = await border(one);
    expect(found.verdict).to.equal('cannot-know');
    expect(found.reason).to.match(/2 of 2 sites of this AS do not answer/);
  });

  it('goes on at once when a site is killed in the middle of a question', async () => {
    const { one, port } = await itm();
    let asked = 0;
    const osaka = await site('osaka', port, () => {
      asked++;
      return new Promise(() => {});
    });
    await site('tokyo', port, always(told('tap-tokyo', [sawFrom(64511)])));
    await connected(one, 'osaka', 'tokyo');
    const began = Date.now();
    const asks = askBorder(one.probes, asking, null, began + 60_000, began, () => {});
    await until(() => asked === 1, 'the question at the site');
    osaka.one.close();
    const found = await asks;
    expect(found).to.deep.include({ verdict: 'saw', ingress: [64511] });
    expect(found.gap).to.match(/1 of 2 sites of this AS do not answer/);
    expect(insideOf(found.groups!, asking, false).sites[0]!.reason).to.match(/it is not connected/);
  });

  it('finds a site again that was gone', async () => {
    const { one, port } = await itm();
    const first = await site('osaka', port, always(told('tap-osaka', [sawFrom(1)])));
    await connected(one, 'osaka');
    first.one.close();
    await until(() => !one.status()[0]!.connected);
    await site('osaka', port, always(told('tap-osaka', [sawFrom(64512)])));
    await connected(one, 'osaka');
    expect((await border(one)).ingress).to.deep.equal([64512]);
  });

  it('takes a site for no other than its certificate is of', async () => {
    const { one, port, log, audit } = await itm();
    const liar = await site('osaka', port, always(told('tap-osaka', [sawFrom(64666)])), { called: 'tokyo' });
    await until(() => liar.one.itm()!.lastError.includes('its certificate is not that of site tokyo'), 'the refusal');
    expect(one.status().map(row => [row.site, row.connected])).to.deep.equal([
      ['osaka', false],
      ['tokyo', false],
    ]);
    expect(audit[0]).to.equal('site.refused {"site":"osaka","reason":"its certificate is not that of site tokyo"}');
    expect(log.join('\n')).to.match(/site osaka: refused/);
    const unknown = await site('tokyo', port, nobody, { called: 'kyoto' });
    await until(() => unknown.one.itm()!.lastError.includes('no site "kyoto" is configured'));
    expect((await border(one)).verdict).to.equal('cannot-know');
  });

  it('lets in nobody without a certificate that is configured', async () => {
    const { one, port, log } = await itm();
    makeFiles('stranger');
    const stranger = await site('stranger', port, always(told('t', [sawFrom(64666)])), { called: 'osaka' });
    await until(() => log.some(line => line.includes('its certificate is none that is configured')), 'the refusal');
    await until(() => stranger.one.itm()!.lastError !== '');
    expect(one.status().map(({ connected: is }) => is)).to.deep.equal([false, false]);
  });

  it('is told by a site that its key is another, and takes its silence for no no', async () => {
    const { one, port } = await itm();
    const osaka = await site('osaka', port, always(told('tap-osaka', [])), { key: 'another key' });
    await site('tokyo', port, always(told('tap-tokyo', [])));
    await connected(one, 'osaka', 'tokyo');
    const found = await border(one);
    expect(found.verdict).to.equal('clear-partial');
    expect(found.reason).to.match(/no answer in time \(1 of 2 probes\)/);
    expect(osaka.log.join('\n')).to.match(/is the secret of the federation the same/);
  });

  it('ends the connection of a site that answers what it was not asked, or says what has no place', async () => {
    const { one, port } = await itm();
    const pem = {
      key: readFileSync(files('osaka').key, 'utf8'),
      certificate: readFileSync(files('osaka').certificate, 'utf8'),
    };
    const dial = async () => {
      const raw = await dialRaw(port, pem, { ALPNProtocols: ['intertrack-site/1'] });
      raw.socket.write(encodeSiteMessage(hello));
      await until(() => raw.messages.some(({ type }) => type === 'welcome'));
      return raw;
    };
    const lying = await dial();
    const asks = border(one);
    await until(() => lying.messages.some(({ type }) => type === 'question'));
    const { id } = lying.messages.find(({ type }) => type === 'question') as { id: number };
    const [sighting] = probeAnswer([sawFrom(1)]).sightings;
    const answers = [toWire({ ...probeAnswer([]), sightings: [{ ...sighting!, question: 63 }] })];
    lying.socket.write(encodeSiteMessage({ type: 'answer', id, answers, silent: [] }));
    await lying.closed;
    expect(lying.messages.at(-1)).to.deep.include({
      type: 'refused',
      reason: 'a sighting of a question that was not asked',
    });
    expect((await asks).verdict).to.equal('cannot-know');

    const cases: [string, Uint8Array, RegExp][] = [
      ['a second hello', encodeSiteMessage(hello), /hello has no place here/],
      [
        'a question of its own',
        encodeSiteMessage({
          type: 'question',
          id: 1,
          within: 5,
          questions: [{ epoch: 1, digest: DIGEST, from: 0, to: 1 }],
          keys: [],
        }),
        /question has no place/,
      ],
      ['a field too many', encodeFrame({ type: 'alive', more: 1 }), /more: no such field/],
      ['a frame too long', Uint8Array.of(255, 0, 0, 0), /frame of/],
    ];
    for (const [what, octets, words] of cases) {
      const raw = await dial();
      raw.socket.write(octets);
      await raw.closed;
      expect(String(raw.messages.at(-1)!.reason), what).to.match(words);
    }
  });

  it('is not what a site takes for its ITM when it is another AS, or another certificate', async () => {
    const { port } = await itm();
    makeFiles('false-itm');
    const config = configOf(
      'osaka',
      {
        roles: ['btm'],
        itm: { address: '127.0.0.1', port, certificate: files('false-itm').certificate, site: 'osaka' },
      },
      ['tap'],
    );
    const one = await start(config, nobody);
    await until(() => one.one.itm()!.lastError.includes('certificate is neither'), 'the refusal');
  });

  it('names the domains where the packet came in, began and left, at one site or several', async () => {
    const { one, port } = await itm();
    const inside = { direction: 'inside', neighbor: null } as const;
    const ttl = (answer: ProbeAnswer, value: number): ProbeAnswer => ({
      ...answer,
      sightings: answer.sightings.map(sighting => ({ ...sighting, recent: { mac: null, vlan: null, ttl: value } })),
    });
    const osaka = always(ttl(told('u', [inside]), 63), ttl(told('n', [inside]), 62));
    await site('osaka', port, osaka, { domains: { umeda: ['u'], namba: ['n'] } });
    await site('tokyo', port, always(ttl(told('k', [sawTo(64520)]), 60)), { domains: { kanda: ['k'] } });
    await connected(one, 'osaka', 'tokyo');
    const found = await border(one);
    const { source } = judgeSource(found);
    // Taps without a word (tap-osaka, tap-tokyo) answer nothing here, so the whole border spoke.
    expect([found.verdict, source]).to.deep.equal(['saw', true]);
    const { came, began, left, sites } = insideOf(found.groups!, asking, source);
    expect({ came, began, left }).to.deep.equal({ came: [], began: ['umeda'], left: ['kanda'] });
    expect(sites.map(({ domains }) => domains)).to.deep.equal([['umeda', 'namba'], ['kanda']]);
  });

  it('does not say in which domain it began where one does not remember the packet', async () => {
    const { one, port } = await itm();
    const inside = { direction: 'inside', neighbor: null } as const;
    await site('osaka', port, always(told('u', [inside])), { domains: { umeda: ['u'] } });
    await site('tokyo', port, always(told('k', [sawTo(64520)])), { domains: { kanda: ['k'] } });
    await connected(one, 'osaka', 'tokyo');
    const found = await border(one);
    expect(insideOf(found.groups!, asking, true).began).to.deep.equal(['umeda', 'kanda']);
    expect(insideOf(found.groups!, asking, false).began).to.deep.equal([]);
  });

  it('has domains of one daemon too, and tells other ASes nothing of them', async () => {
    makeFiles('itm');
    const { one } = await start(
      configOf(
        'itm',
        {
          domains: [
            { name: 'umeda', probes: ['u'] },
            { name: 'namba', probes: ['n'] },
          ],
        },
        ['u', 'n'],
      ),
      always(told('u', [sawFrom(64501)]), told('n', [])),
    );
    await ases.start({ as: AS, peers: [64501], probes: one.probes });
    await ases.start({ as: 64501, peers: [AS], probes: { ask: nobody } });
    await ases.link();
    const partials: Trace[] = [];
    const mine = await ases.at(AS).traceback.startTrace(asked, partial => partials.push(partial));
    expect(mine.inside).to.deep.include({ came: ['umeda'], began: [], left: [] });
    const theirs = await ases.at(64501).traceback.startTrace(asked, () => {});
    expect(theirs.tree.children[0]).to.include({ as: AS, verdict: 'saw' });
    expect(JSON.stringify(theirs)).to.not.match(/umeda|namba/);
  });

  it('commits to what sites seal, and proves by their windows what it asks about', async () => {
    const { one, port, sealed } = await itm();
    const own = sighted(Math.floor(Date.now() / 10_000), [[300, 40], [900]]);
    const osaka = await site('osaka', port, nobody, { more: { prove: own.prove } });
    const windows = own.roots.map((root, part) => ({ number: own.number, part, root }));
    // The ITM need not be there when a window is sealed.
    osaka.one.sealed(windows.slice(0, 1));
    await connected(one, 'osaka');
    await until(() => sealed.length === 1, 'what was sealed before');
    osaka.one.sealed(windows.slice(1));
    await until(() => sealed.length === 2, 'what is sealed now');
    expect(sealed).to.deep.equal(windows);
    // What is older than a minute nobody would believe.
    osaka.one.sealed([{ number: own.number - 30, part: 0, root: own.roots[0]! }, windows[1]!]);
    await until(() => sealed.length > 2, 'the next');
    expect(sealed.slice(2)).to.deep.equal([windows[1]]);

    await ases.start({ as: AS, peers: [64501], probes: one.probes });
    await ases.start({
      as: 64501,
      peers: [AS],
      probes: { ask: always(told('t', [sawFrom(64599)])) },
      proof: 'require',
      unproved: 0,
    });
    await ases.link();
    const { traceback } = ases.at(AS);
    traceback.sealed(sealed);
    let known: readonly object[] = [];
    await until(() => {
      void Promise.resolve(ases.at(64501).commitments.held(AS, own.number)).then(held => {
        known = held;
      });
      return known.length > 0;
    }, 'the commitment');
    const ask = (digest: string) =>
      traceback.startTrace({ questions: [{ epoch: own.epoch, digest }], time: own.time }, () => {});
    expect((await ask(own.digests[1]![7]!)).tree.children[0]).to.include({ as: 64501, verdict: 'saw' });
    // Of the last half minute it would be told to ask later.
    expect((await ask(DIGEST)).tree.children[0]!.verdict).to.be.oneOf(['refused', 'busy']);
  });

  it('keeps commitments for as long as a site may have windows that has not come since the start', async () => {
    const { one, port } = await itm();
    expect(one.windowsKept()).to.equal(30 * 86_400_000);
    await site('osaka', port, nobody);
    await connected(one, 'osaka');
    expect(one.windowsKept()).to.equal(30 * 86_400_000);
    await site('tokyo', port, nobody);
    await connected(one, 'tokyo');
    expect(one.windowsKept()).to.equal(3_600_000);
  });

  it('says at both ends which windows are not committed to, for they were apart for too long', async () => {
    const first = await itm();
    const osaka = await site('osaka', first.port, nobody);
    await connected(first.one, 'osaka');
    expect(first.one.status()[0]).to.include({ uncommitted: null });
    await until(() => osaka.one.itm()?.connected, 'the ITM is there');
    const windowNow = () => ({ number: Math.floor((Date.now() + later) / 10_000), part: 0, root: 'ab'.repeat(32) });
    first.one.close();
    await until(() => osaka.one.itm()?.connected === false, 'the ITM is gone');
    // One that nobody hears of in time, and one that somebody still does.
    osaka.one.sealed([windowNow()]);
    later += 300_000;
    osaka.one.sealed([windowNow()]);
    expect(osaka.one.itm()).to.include({ uncommitted: 1 });
    const { one, sealed, log } = await itm({ listen: [{ address: '127.0.0.1', port: first.port }] }, true);
    await until(() => sealed.length === 1, 'what is told in time');
    const why = 'windows are not committed to, and no packet in them can be proved';
    expect(osaka.log).to.include(`ITM: it was away: 1 ${why}`);
    osaka.one.close();
    await until(() => one.status()[0]!.connected === false, 'the site is gone');
    const gone = Date.now() + later;
    later += 300_000;
    await site('osaka', first.port, nobody);
    await connected(one, 'osaka');
    const { from, to } = one.status()[0]!.uncommitted!;
    expect(from).to.be.at.most(gone);
    expect(to - from).to.be.at.least(240_000);
    expect(log.filter(line => line.includes('site osaka: was away: its windows of'))).to.have.length(1);
  });

  describe('a trace that begins at a site', () => {
    const ofSite = { ...asked, need: 1, purpose: 'misuse' as const, by: 'alice', case: 'noc-7' };
    /** A trace as an ITM makes it. */
    const made = async (): Promise<Trace> => {
      await ases.start({ as: AS, peers: [], probes: { ask: always(told('t', [sawFrom(64599)])) } });
      return ases.at(AS).traceback.startTrace(asked, () => {});
    };
    const failure = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message);

    it('is carried by the ITM, which tells what it knows and what came of it', async () => {
      const found = await made();
      const heard: [string, object, string][] = [];
      trace = name => (request, by, _signal, onPartial) => {
        heard.push([name, request, by]);
        onPartial({ ...found, state: 'partial' });
        return Promise.resolve(found);
      };
      const { one, port } = await itm();
      const osaka = await site('osaka', port, nobody, { roles: ['btm', 'dpoint'] });
      await connected(one, 'osaka');
      await until(() => osaka.one.itm()!.connected);
      const partials: Trace[] = [];
      expect(await osaka.one.trace(ofSite, partial => partials.push(partial))).to.deep.equal(found);
      expect(partials).to.deep.equal([{ ...found, state: 'partial' }]);
      const [[name, request, by]] = heard as [(typeof heard)[0]];
      expect([name, by]).to.deep.equal(['osaka', 'alice']);
      expect(request).to.deep.include({ purpose: 'misuse', need: 1, case: 'noc-7', time: asked.time });
      expect(one.behind().roles).to.include('dpoint');
    });

    it('ends when the site wants it no more, or is gone, and is refused in words', async () => {
      const ended: string[] = [];
      let begun = 0;
      trace = () => (_request, _by, signal) =>
        new Promise((_, reject) => {
          begun++;
          signal.addEventListener('abort', () => {
            ended.push(String(signal.reason));
            reject(new Error(`ended by ${signal.reason}`));
          });
        });
      const { one, port } = await itm();
      const osaka = await site('osaka', port, nobody, { roles: ['dpoint'] });
      const tokyo = await site('tokyo', port, nobody);
      await connected(one, 'osaka', 'tokyo');
      await until(() => osaka.one.itm()!.connected && tokyo.one.itm()!.connected);
      expect(await failure(tokyo.one.trace(ofSite, () => {}))).to.equal('the ITM: the site has not the role `dpoint`');
      const end = new AbortController();
      const cancelled = failure(osaka.one.trace({ ...ofSite, signal: end.signal }, () => {}));
      end.abort('bob');
      expect(await cancelled).to.equal('the ITM: ended by bob');
      const lost = failure(osaka.one.trace(ofSite, () => {}));
      await until(() => begun === 2, 'the trace at the ITM');
      one.close();
      expect(await lost).to.match(/^the ITM: .*; what it found is stored there$/);
      await until(() => ended.length === 2, 'the trace of a site that is gone');
      expect(await failure(osaka.one.trace(ofSite, () => {}))).to.contain('the ITM of this AS is not connected');
    });
  });

  it('gets proofs and canaries of the sites that answer, and none of a site that fails', async () => {
    const { one, port } = await itm();
    const canary: Canary = {
      ...{ neighbor: 64510, direction: 'out', epoch: 5, digest: DIGEST, time: 7, entropy: 'high' },
    };
    const broken = () => Promise.reject(new Error('the probes are gone'));
    const own = sighted(177_000_000, [[30]]);
    const digest = own.digests[0]![3]!;
    const proof = own.sight(0, digest)!;
    // A probe that proves a question that was not asked is not listened to.
    const more = {
      draw: () => Promise.resolve([canary]),
      prove: () => Promise.resolve([0, 9].map(question => ({ question, proof }))),
    };
    const tokyo = await site('tokyo', port, nobody, { more: { draw: broken, prove: broken } });
    await site('osaka', port, nobody, { more });
    await connected(one, 'osaka', 'tokyo');
    expect(await one.probes.draw([64510], Date.now() + 30_000)).to.deep.equal([canary]);
    const questions = [{ ...question, digest }];
    expect(await one.probes.prove(questions, Date.now() + 30_000)).to.deep.equal([{ question: 0, proof }]);
    expect(tokyo.log.join('\n')).to.match(/asked to draw: Error: the probes are gone/);
  });

  it('keeps sites through a reload that does not concern them, and lets one go that is removed', async () => {
    const { one, port } = await itm();
    await site('osaka', port, always(told('tap-osaka', [sawFrom(64510)])));
    await site('tokyo', port, always(told('tap-tokyo', [sawFrom(64511)])));
    await connected(one, 'osaka', 'tokyo');
    const since = one.status()[1]!.since;
    const less = configOf(
      'itm',
      {
        listen: [{ address: '127.0.0.1', port: 0 }],
        sites: [{ name: 'tokyo', certificate: files('tokyo').certificate, share: null }],
      },
      [],
    );
    (await one.prepare(less)).commit();
    expect(one.status().map(row => [row.site, row.connected, row.since])).to.deep.equal([['tokyo', true, since]]);
    expect((await border(one)).ingress).to.deep.equal([64511]);
  });
});
