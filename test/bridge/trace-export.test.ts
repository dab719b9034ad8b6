import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeRid } from '../../src/bridge/rid-message.ts';
import { traceDocument } from '../../src/bridge/trace-document.ts';
import { traceDot } from '../../src/bridge/trace-dot.ts';
import { traceIncident } from '../../src/bridge/trace-incident.ts';
import { traceIodef } from '../../src/bridge/trace-iodef.ts';
import { traceSvg } from '../../src/bridge/trace-svg.ts';
import { layOut } from '../../src/bridge/tree-layout.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { TRACE } from '../control/scripted.ts';
import { grown, installed, lint, OPTIONS, SECRETIVE } from './exported.ts';
import { faultsOf } from './schema.ts';

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../contrib/schema/intertrack-trace-1.schema.json', import.meta.url), 'utf8'),
);

const ridOf = (trace: Trace, options = OPTIONS): string => {
  const report = traceIncident(trace, options);
  return encodeRid({
    ...{ type: 'Report', region: 'PeerToPeer', traffic: 'Attack', node: 'it.example.net' },
    ...{ incident: report.incident, status: null, source: null, report },
  });
};

/** Texts that break out of whatever does not escape them. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ']]>',
    '<!--',
    '&amp;',
    '"\'><x/>',
    '\u0000\u0008\ufffe',
    '\ud800',
    '\r\n\t x',
    '\\',
    '\\"',
    '\\N\\l{|}',
  ),
);

const withText = (text: string): Trace => ({ ...grown(9), tree: { ...grown(9).tree, reason: text } });

describe('bridge/trace-export: JSON', () => {
  it('is what its schema says, and the schema says all of it', () => {
    for (const trace of [TRACE, SECRETIVE, grown(100), { ...TRACE, entry: null, ambiguity: [1, 2] }])
      for (const internal of [false, true]) {
        const written = JSON.parse(JSON.stringify(traceDocument(trace, { ...OPTIONS, internal })));
        expect(faultsOf(written, SCHEMA, true)).to.deep.equal([]);
      }
    expect(faultsOf({ format: 'another' }, SCHEMA, true)).to.include('$.format: is not intertrack-trace-1');
  });

  it('says what was found and whom to call', () => {
    const document = traceDocument(SECRETIVE, OPTIONS);
    expect(document.conclusion).to.equal('entered at AS64510 via AS64520 (over 99.99 %); no other AS remains possible');
    expect(document.entry).to.deep.equal({ as: 64510, via: 64520, source: false });
    expect(document.contacts[1]).to.deep.equal({ as: 64520, contacts: [] });
    expect(document.tlp).to.equal('TLP:AMBER');
  });

  it('tells when each of the packets was seen', () => {
    const questions = [
      { packet: 1, epoch: 1, digest: '0123456789abcdef', time: TRACE.time + 60_000 },
      ...TRACE.questions,
    ];
    const trace = { ...TRACE, questions, purpose: 'attack', reference: 'T-1' } as const;
    const document = traceDocument(trace, OPTIONS);
    expect(document).to.include({ purpose: 'attack', reference: 'T-1' });
    expect(document.digests[0]).to.deep.include({ packet: 1, time: '2026-03-01T12:01:03.000Z' });
    const times = traceIncident(trace, OPTIONS).records.map(({ time }) => time);
    expect(times[0]).to.equal(TRACE.time + 60_000);
    expect(times[1]).to.equal(TRACE.time);
  });

  it('has what does not leave the AS only when asked', () => {
    for (const write of [
      (internal: boolean) => JSON.stringify(traceDocument(SECRETIVE, { ...OPTIONS, internal })),
      (internal: boolean) => traceIodef(SECRETIVE, { ...OPTIONS, internal }),
      (internal: boolean) => ridOf(SECRETIVE, { ...OPTIONS, internal }),
    ]) {
      expect(write(false)).not.to.match(/secret|203\.0\.113\.99|5ec2e75ec2e75ec2/);
      expect(write(true))
        .to.match(/secret-probe/)
        .and.match(/203\.0\.113\.99/)
        .and.match(/TLP:RED/);
    }
    for (const drawing of [traceDot(SECRETIVE), traceSvg(SECRETIVE)]) expect(drawing).not.to.include('secret');
  });
});

describe('bridge/trace-export: XML', () => {
  before(function () {
    if (!installed('xmllint', '--version')) this.skip();
  });

  it('writes IODEF 2 as RFC 7970 orders it', () => {
    for (const trace of [TRACE, SECRETIVE, grown(1000), { ...TRACE, entry: null }])
      expect(lint(traceIodef(trace, OPTIONS), 'iodef-2')).to.equal('');
  });

  it('writes RID with IODEF 1 as RFC 6545 and RFC 5070 order them', () => {
    for (const trace of [TRACE, SECRETIVE, grown(1000), { ...TRACE, entry: null }])
      expect(lint(ridOf(trace), 'rid-2')).to.equal('');
  });

  it('says that no contact is known', () => {
    for (const xml of [traceIodef(TRACE, OPTIONS), ridOf(TRACE)])
      expect(xml).to.include('AS64520: no contact known').and.include('noc@example.net');
  });

  it('is well-formed whatever the texts in it are', () => {
    fc.assert(
      fc.property(nasty, nasty, (text, name) => {
        const options = { ...OPTIONS, creator: { name, contact: text }, federation: 'f' };
        expect(lint(traceIodef(withText(text), options), 'iodef-2')).to.equal('');
        expect(lint(traceSvg(withText(text)))).to.equal('');
      }),
      { numRuns: 25 },
    );
  });
});

describe('bridge/trace-export: drawings', () => {
  it('places every AS once, parents before children, leaves in rows of their own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), size => {
        const trace = grown(size);
        const { places, rows, columns } = layOut(trace.tree, node => node.as === 64512);
        const ases = places.flatMap(({ nodes }) => nodes.map(({ as }) => as));
        expect(new Set(ases).size).to.equal(size);
        expect(ases).to.have.length(size);
        const leaves = places.filter((_, i) => places.every(({ parent }) => parent !== i));
        expect(new Set(leaves.map(({ row }) => row)).size)
          .to.equal(leaves.length)
          .and.to.equal(rows);
        for (const [i, { parent, column }] of places.entries()) {
          expect(column).to.be.below(columns);
          if (parent !== null) expect(parent).to.be.below(i);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says by text what it says by colour, without a script', () => {
    const svg = traceSvg(TRACE);
    for (const part of [
      '<title id="title">Trace t20260301-120003-9f3a</title>',
      'prefers-color-scheme:dark',
      'AS64510 · entry',
      '✓ saw: saw the packets',
      '<title>AS64502: silent, did not answer in time',
    ])
      expect(svg).to.include(part);
    expect(svg).not.to.match(/<script|on[a-z]+=|href|url\(/i);
  });

  it('folds ASes of which the same is to say', () => {
    const children = Array.from({ length: 900 }, (_, i) => ({
      ...TRACE.tree,
      as: 70_000 + i,
      verdict: 'absent' as const,
      children: [],
    }));
    const svg = traceSvg({ ...TRACE, tree: { ...TRACE.tree, children } });
    expect(svg).to.include('900 ASes').and.include('AS70899');
    expect(svg.match(/<g /g)).to.have.length(2 + 2);
  });

  it('draws what a browser can draw', function () {
    if (!installed('rsvg-convert', '--version')) this.skip();
    for (const trace of [TRACE, grown(1000)]) {
      const png = spawnSync('rsvg-convert', ['-f', 'png'], { input: traceSvg(trace) });
      expect(`${png.stderr}`).to.equal('');
      expect(png.stdout.subarray(1, 4).toString()).to.equal('PNG');
    }
  });

  it('writes DOT that Graphviz reads, whatever the texts are', function () {
    if (!installed('dot', '-V')) this.skip();
    const drawn = (trace: Trace) => spawnSync('dot', ['-Tplain'], { input: traceDot(trace), encoding: 'utf8' });
    const plain = drawn(TRACE);
    expect(plain.stderr).to.equal('');
    expect(plain.stdout.match(/^node /gm)).to.have.length(5);
    expect(plain.stdout).to.include('AS64510 (entry)');
    fc.assert(
      fc.property(nasty, text => {
        const { status, stderr } = drawn(withText(text));
        expect(stderr).to.equal('');
        expect(status).to.equal(0);
      }),
      { numRuns: 10 },
    );
  });
});
