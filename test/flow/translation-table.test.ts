import { expect } from 'chai';
import fc from 'fast-check';
import type { FlowEnds, Translation } from '../../src/flow/translation.ts';
import { OCTETS_A_RECORD, type PacketTuple, translationTable } from '../../src/flow/translation-table.ts';
import { formatAddress } from '../../src/net/address.ts';

const four = (text: string) => Uint8Array.from(text.split('.').map(Number));
const ends = (source: string, sourcePort: number | null, destination?: string, destinationPort?: number): FlowEnds => ({
  source: four(source),
  destination: destination === undefined ? null : four(destination),
  sourcePort,
  destinationPort: destinationPort ?? null,
});
const packet = (
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
  protocol = 17,
): PacketTuple => ({
  ...{ protocol, source: four(source), destination: four(destination), sourcePort, destinationPort },
});
const session = (
  time: number,
  event: Translation['event'],
  inside: FlowEnds,
  outside: FlowEnds,
  protocol: number | null = 17,
): Translation => ({
  ...{ time, event, protocol, inside, outside, block: null, realm: null, exporter: 'x' },
});
const show = (address: Uint8Array | null) =>
  address === null ? '*' : formatAddress({ afi: address.length === 4 ? 1 : 2, bytes: address });
const said = (found: ReturnType<ReturnType<typeof translationTable>['find']>) =>
  found.map(
    ({ ends: { source, sourcePort, destination, destinationPort }, side, from, to }) =>
      `${side} ${show(source)}:${sourcePort ?? '*'}>${show(destination)}:${destinationPort ?? '*'} ${from}-${to}`,
  );

const INSIDE = ends('192.168.7.10', 5555, '10.3.0.10', 9999);
const OUTSIDE = ends('10.1.9.2', 1024, '10.3.0.10', 9999);

describe('flow/translation-table', () => {
  it('tells the other form of a packet in either direction, on either side, while it lasted', () => {
    const table = translationTable(1 << 16);
    table.take(session(1000, 'create', INSIDE, OUTSIDE));
    table.take(session(5000, 'delete', INSIDE, OUTSIDE));
    const there = packet('10.1.9.2', 1024, '10.3.0.10', 9999);
    const back = packet('10.3.0.10', 9999, '10.1.9.2', 1024);
    expect(said(table.find(there, 3000, 0))).to.deep.equal(['near 192.168.7.10:5555>10.3.0.10:9999 1000-5000']);
    expect(said(table.find(back, 3000, 0))).to.deep.equal(['near 10.3.0.10:9999>192.168.7.10:5555 1000-5000']);
    expect(said(table.find(packet('192.168.7.10', 5555, '10.3.0.10', 9999), 3000, 0))).to.deep.equal([
      'far 10.1.9.2:1024>10.3.0.10:9999 1000-5000',
    ]);
    expect(said(table.find(packet('10.3.0.10', 9999, '192.168.7.10', 5555), 3000, 0))).to.deep.equal([
      'far 10.3.0.10:9999>10.1.9.2:1024 1000-5000',
    ]);
    expect(table.find(there, 900, 50)).to.deep.equal([]);
    expect(table.find(there, 900, 100)).to.have.length(1);
    expect(table.find(there, 5100, 50)).to.deep.equal([]);
    expect(table.find({ ...there, protocol: 6 }, 3000, 0)).to.deep.equal([]);
    expect(table.find({ ...there, sourcePort: 1025 }, 3000, 0)).to.deep.equal([]);
  });

  it('tells who had a port when, though others had it before and after', () => {
    const table = translationTable(1 << 16);
    const who = (i: number) => ends(`192.168.7.${i}`, 40_000 + i, '10.3.0.10', 9999);
    for (let i = 1; i <= 5; i++) {
      table.take(session(i * 1000, 'create', who(i), OUTSIDE));
      if (i !== 3) table.take(session(i * 1000 + 900, 'delete', who(i), OUTSIDE));
    }
    const there = packet('10.1.9.2', 1024, '10.3.0.10', 9999);
    for (const i of [1, 2, 3])
      expect(said(table.find(there, i * 1000 + 500, 0)), `${i}`).to.deep.equal([
        `near 192.168.7.${i}:${40_000 + i}>10.3.0.10:9999 ${i * 1000}-${i === 3 ? 'Infinity' : i * 1000 + 900}`,
      ]);
    // The end of the third was not told: the one that began later comes first.
    expect(said(table.find(there, 4500, 0)).map(line => line.split(' ')[1])).to.deep.equal([
      '192.168.7.4:40004>10.3.0.10:9999',
      '192.168.7.3:40003>10.3.0.10:9999',
    ]);
  });

  it('finds sessions whose other end is not logged, and ports of blocks', () => {
    const table = translationTable(1 << 16);
    table.take(session(0, 'create', ends('10.0.0.1', 1234), ends('192.0.2.1', 40_000)));
    table.take({
      ...session(0, 'block-create', ends('10.0.0.2', null), ends('192.0.2.1', null), null),
      block: { first: 1024, last: 1087, step: 1 },
    });
    expect(said(table.find(packet('192.0.2.1', 40_000, '198.51.100.1', 53), 1, 0))).to.deep.equal([
      'near 10.0.0.1:1234>198.51.100.1:53 0-Infinity',
    ]);
    expect(said(table.find(packet('198.51.100.1', 53, '192.0.2.1', 1087, 6), 1, 0))).to.deep.equal([
      'near 198.51.100.1:53>10.0.0.2:* 0-Infinity',
    ]);
    expect(said(table.find(packet('10.0.0.2', 7, '198.51.100.1', 53), 1, 0))).to.deep.equal([
      'far 192.0.2.1:*>198.51.100.1:53 0-Infinity',
    ]);
    expect(table.find(packet('192.0.2.1', 1088, '198.51.100.1', 53), 1, 0)).to.deep.equal([]);
    table.take({
      ...session(50, 'block-delete', ends('10.0.0.2', null), ends('192.0.2.1', null), null),
      block: { first: 1024, last: 1087, step: 1 },
    });
    expect(table.find(packet('192.0.2.1', 1024, '198.51.100.1', 53), 51, 0)).to.deep.equal([]);
  });

  it('goes between families, where the other end is only known when it is logged', () => {
    const table = translationTable(1 << 16);
    const six = (last: number) => Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), last]);
    const inside = { source: six(1), destination: six(2), sourcePort: 5, destinationPort: 53 };
    table.take(session(0, 'create', inside, ends('192.0.2.1', 1024, '198.51.100.1', 53)));
    table.take(session(0, 'create', { ...inside, destination: null, sourcePort: 6 }, ends('192.0.2.1', 1025)));
    expect(said(table.find(packet('198.51.100.1', 53, '192.0.2.1', 1024), 1, 0))).to.deep.equal([
      'near 2001:db8::2:53>2001:db8::1:5 0-Infinity',
    ]);
    expect(said(table.find(packet('192.0.2.1', 1025, '198.51.100.1', 53), 1, 0))).to.deep.equal([
      'near 2001:db8::1:6>*:53 0-Infinity',
    ]);
  });

  it('knows of what it is told late that it was there', () => {
    const table = translationTable(1 << 16);
    const there = packet('10.1.9.2', 1024, '10.3.0.10', 9999);
    table.take(session(1000, 'seen', INSIDE, OUTSIDE));
    table.take(session(2000, 'seen', INSIDE, OUTSIDE));
    expect([table.size, said(table.find(there, 10, 0)).length]).to.deep.equal([1, 1]);
    table.take(session(3000, 'delete', INSIDE, OUTSIDE));
    table.take(session(4000, 'delete', ends('192.168.7.11', 1, '10.3.0.10', 9999), OUTSIDE));
    expect(said(table.find(there, 3500, 0))).to.deep.equal(['near 192.168.7.11:1>10.3.0.10:9999 0-4000']);
  });

  it('ends what is not told again after a gap', () => {
    const table = translationTable(1 << 16);
    const other = ends('192.168.7.11', 1, '10.3.0.10', 9999);
    table.take(session(1000, 'create', INSIDE, OUTSIDE));
    table.take(session(1000, 'create', other, { ...OUTSIDE, sourcePort: 1025 }));
    const since = table.mark();
    table.take(session(2000, 'seen', INSIDE, OUTSIDE));
    table.sweep(since, 2000);
    expect(said(table.find(packet('10.1.9.2', 1024, '10.3.0.10', 9999), 3000, 0))).to.have.length(1);
    expect(table.find(packet('10.1.9.2', 1025, '10.3.0.10', 9999), 3000, 0)).to.deep.equal([]);
    expect(table.find(packet('10.1.9.2', 1025, '10.3.0.10', 9999), 1500, 0)).to.have.length(1);
  });

  it('holds what its memory allows, the latest, and drops what is old', () => {
    const memory = 1 << 16;
    const table = translationTable(memory);
    for (let i = 0; i < 2000; i++) {
      const inside = ends('192.168.7.10', i, '10.3.0.10', 9999);
      table.take(session(i, 'create', inside, { ...OUTSIDE, sourcePort: i }));
      table.take(session(i, 'delete', inside, { ...OUTSIDE, sourcePort: i }));
    }
    expect(table.size).to.be.within(400, memory / OCTETS_A_RECORD);
    expect(table.octets).to.be.at.most(memory * 1.2);
    expect(table.evicted).to.equal(2000 - table.size);
    const has = (i: number) => table.find(packet('10.1.9.2', i, '10.3.0.10', 9999), i, 0).length === 1;
    expect([has(1999), has(2000 - table.size), has(1999 - table.size), has(0)]).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    table.dropBefore(1990);
    expect(table.size).to.equal(10);
    expect([has(1989), has(1990)]).to.deep.equal([false, true]);
  });

  it('walks so many records of one address and no more, the latest first, and counts where there are others', () => {
    const table = translationTable(1 << 20, 100);
    const inside = (i: number) => ends(`10.0.${i >> 8}.${i & 255}`, null);
    for (let i = 0; i < 300; i++) table.take(session(i, 'create', inside(i), ends('10.1.9.2', null)));
    expect(table.cutShort).to.equal(0);
    const found = table.find(packet('10.1.9.2', 1024, '10.3.0.10', 9999), 300, 0);
    expect(found.map(({ from }) => from)).to.deep.equal(Array.from({ length: 100 }, (_, i) => 299 - i));
    expect(table.cutShort).to.equal(1);
    // What is dropped leaves the others where they are.
    for (let i = 0; i < 300; i += 2) table.take(session(400, 'delete', inside(i), ends('10.1.9.2', null)));
    table.dropBefore(401);
    expect(table.size).to.equal(150);
    expect(table.find(packet('10.1.9.2', 1024, '10.3.0.10', 9999), 500, 0).map(({ from }) => from)).to.deep.equal(
      Array.from({ length: 100 }, (_, i) => 299 - 2 * i),
    );
  });

  it('answers as a list of sessions would', () => {
    const port = fc.integer({ min: 1, max: 4 });
    const step = fc.record({
      event: fc.constantFrom('create' as const, 'delete' as const),
      from: port,
      host: port,
      to: port,
      far: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), port, fc.nat(60), (steps, asked, time) => {
        const table = translationTable(1 << 16);
        const list: { key: string; inside: FlowEnds; port: number; from: number; to: number }[] = [];
        steps.forEach(({ event, from, host, to, far }, i) => {
          const inside = far ? ends(`10.0.0.${host}`, from, '10.3.0.10', 9999) : ends(`10.0.0.${host}`, from);
          const outside = far ? { ...OUTSIDE, sourcePort: to } : ends('10.1.9.2', to);
          table.take(session(i, event, inside, outside));
          const key = `${host} ${from} ${to} ${far}`;
          const lasting = list.find(one => one.key === key && one.to === Number.POSITIVE_INFINITY);
          if (lasting !== undefined) lasting.to = i;
          if (event === 'create') list.push({ key, inside, port: to, from: i, to: Number.POSITIVE_INFINITY });
          else if (lasting === undefined) list.push({ key, inside, port: to, from: 0, to: i });
        });
        const found = table.find(packet('10.1.9.2', asked, '10.3.0.10', 9999), time, 0);
        const wanted = list.filter(one => one.port === asked && one.from <= time && time <= one.to);
        const keys = (rows: readonly { from: number; to: number; source: Uint8Array | null; port: number | null }[]) =>
          rows.map(one => `${one.from} ${one.to} ${show(one.source)} ${one.port}`).sort();
        expect(
          keys(found.map(({ ends: { source, sourcePort }, from, to }) => ({ from, to, source, port: sourcePort }))),
        ).to.deep.equal(
          keys(wanted.map(({ inside, from, to }) => ({ from, to, source: inside.source, port: inside.sourcePort }))),
        );
      }),
    );
  });
});
