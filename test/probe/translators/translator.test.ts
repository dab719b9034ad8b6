import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';

import type { TranslatorConfig } from '../../../src/config/translator-tree.ts';
import { encodeIpfix } from '../../../src/flow/ipfix.ts';
import { encodeDataRecord } from '../../../src/flow/template.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { readToDaemon, readToProbe } from '../../../src/probe/socket/messages.ts';
import { openProbeStation } from '../../../src/probe/socket/station.ts';
import { openTranslator, type Translator } from '../../../src/probe/translators/translator.ts';
import { MOST_FORMS } from '../../../src/probe/translators/translator-messages.ts';
import { until } from '../../interop/bgp-peers.ts';
import { programFile } from '../../programs.ts';
import { probeBlock, SECRET } from '../tapped.ts';

const four = (text: string) => Uint8Array.from(text.split('.').map(Number));
const PROGRAM = programFile('itprobe');
/** A UDP port that is free now. */
async function freePort(): Promise<number> {
  const finder = createSocket('udp4');
  await new Promise<void>(resolve => finder.bind(0, '127.0.0.1', resolve));
  const { port } = finder.address();
  await new Promise<void>(resolve => finder.close(() => resolve()));
  return port;
}
const NOTHING: TranslatorConfig = { conntrack: false, files: [], udp: [], pools: [] };
const LIMITS = { retention: 3_600_000, memory: 1 << 20 };
const packet = (source: string, sourcePort: number, destination = '198.51.100.1', destinationPort = 53) => ({
  ...{ protocol: 17, source: four(source), destination: four(destination), sourcePort, destinationPort },
  time: Date.now(),
});
/** A line of a log of sessions, as conntrack(8) writes it. */
const line = (what: string, inside: string, port: number) =>
  `    [${what}] udp      17 30 src=${inside} dst=198.51.100.1 sport=5555 dport=53 [UNREPLIED] src=198.51.100.1 dst=192.0.2.1 sport=53 dport=${port}\n`;

describe('probe/translator', () => {
  let directory: string;
  let translator: Translator;
  let said: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-translator-'));
    said = [];
    translator = openTranslator(text => said.push(text));
  });
  afterEach(() => {
    translator.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const sources = (port: number) => translator.find(packet('192.0.2.1', port)).map(({ source }) => source?.join('.'));

  it('follows logs in files, and keeps its place when other things change', async () => {
    const file = join(directory, 'log');
    writeFileSync(file, line('NEW', '10.0.0.9', 1999));
    const config = { ...NOTHING, files: [{ file, format: 'conntrack' as const }] };
    translator.configure(config, LIMITS);
    await until('it is followed', async () => {
      appendFileSync(file, line('NEW', '10.0.0.1', 2000));
      return sources(2000).length > 0;
    });
    expect(sources(2000)[0]).to.equal('10.0.0.1');
    expect(sources(1999), 'what was there before').to.deep.equal([]);
    translator.configure(
      { ...config, pools: [{ inside: '10.9.0.0/24', outside: '192.0.2.9/32', reserved: 0, dynamic: 0 }] },
      LIMITS,
    );
    appendFileSync(file, `garbage\n${line('NEW', '10.0.0.2', 2001)}`);
    await until('it goes on', async () => sources(2001)[0] === '10.0.0.2');
    expect(translator.status()).to.include({ gaps: 0, evicted: 0 });
  });

  it('says that a log is not there', async () => {
    translator.configure({ ...NOTHING, files: [{ file: join(directory, 'none'), format: 'cisco' }] }, LIMITS);
    await until('it is said', async () => said.some(text => text.endsWith('none: the file is not there')));
  });

  it('takes syslog from who may send it', async () => {
    const port = await freePort();
    const pattern = '(?<event>ADD|DEL) (?<inside>\\S+) (?<outside>[^:]+):(?<first>\\d+)-(?<last>\\d+)';
    translator.configure(
      { ...NOTHING, udp: [{ address: '127.0.0.1', port, allow: ['127.0.0.1/32'], pattern }] },
      LIMITS,
    );
    const senders = { allowed: createSocket('udp4'), other: createSocket('udp4') };
    await new Promise<void>(resolve => senders.other.bind(0, '127.0.0.9', resolve));
    await until('it is taken', async () => {
      senders.other.send('ADD 10.0.0.66 192.0.2.1:1024-65535', port, '127.0.0.1');
      senders.allowed.send('<14>ADD 10.0.0.7 192.0.2.1:1024-2047', port, '127.0.0.1');
      return sources(1500).length > 0;
    });
    expect(new Set(sources(1500))).to.deep.equal(new Set(['10.0.0.7']));
    expect(sources(4000)).to.deep.equal([]);
    const [form] = translator.find(packet('192.0.2.1', 1500));
    expect(form).to.include({ sourcePort: null, destinationPort: 53, side: 'near' });
    for (const socket of Object.values(senders)) socket.close();
  });

  it('reckons the forms of deterministic pools, either way', () => {
    translator.configure(
      { ...NOTHING, pools: [{ inside: '100.64.0.0/24', outside: '192.0.2.0/28', reserved: 1024, dynamic: 0 }] },
      LIMITS,
    );
    // 16 inside addresses to each outside one, 4032 ports each
    expect(sources(1024 + 4032)).to.deep.equal(['100.64.0.17']);
    const there = translator.find(packet('198.51.100.1', 53, '100.64.0.17', 9));
    expect(there.map(({ destination, side }) => [destination?.join('.'), side])).to.deep.equal([['192.0.2.1', 'far']]);
    expect(translator.find(packet('203.0.113.1', 9))).to.deep.equal([]);
  });

  it('tells no more forms than a message holds', () => {
    translator.configure(NOTHING, LIMITS);
    for (let i = 0; i < 40; i++)
      translator.take({
        ...{ time: i, event: 'create', protocol: 17, block: null, realm: null, exporter: 'x' },
        inside: { source: four(`10.0.0.${i}`), sourcePort: i, destination: null, destinationPort: null },
        outside: { source: four('192.0.2.1'), sourcePort: 2000, destination: null, destinationPort: null },
      });
    expect(sources(2000)).to.have.length(MOST_FORMS);
    expect(sources(2000)[0]).to.equal('10.0.0.39');
  });
});

describe('itprobe --flow at a translator', () => {
  it('tells the other forms that its exporters told of (RFC 8158)', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-translator-'));
    const path = join(directory, 'itprobe.sock');
    const exporters = [{ address: '127.0.0.1', domains: [], interfaces: [] }];
    const station = await openProbeStation({
      ...{ socket: { path }, probes: [probeBlock({ name: 'flows1', exporters })], log: () => {} },
      epochKey: epoch => epochKey(SECRET, epoch),
    });
    const port = await freePort();
    const child = spawn(process.execPath, [PROGRAM, '-n', 'flows1', '-s', path, '--flow', `127.0.0.1:${port}`]);
    const exporter = createSocket('udp4');
    try {
      const field = (element: number, octets: number) => ({ element, enterprise: 0, octets });
      const fields = [
        [8, 4],
        [225, 4],
        [12, 4],
        [7, 2],
        [227, 2],
        [11, 2],
        [4, 1],
        [230, 1],
        [323, 8],
      ].map(([element, octets]) => field(element!, octets!));
      const asked = packet('192.0.2.1', 2000);
      const record = encodeDataRecord(fields, [
        ...[four('10.0.0.1'), four('192.0.2.1'), four('198.51.100.1')],
        ...[1111, 2000, 53, 17, 4, asked.time],
      ]);
      let sequence = 0;
      const tell = () => {
        const header = { seconds: Math.floor(asked.time / 1000), sequence: sequence++, domain: 5 };
        const message = encodeIpfix(header, [
          { template: 256, fields },
          { data: 256, records: [record] },
        ]);
        exporter.send(message, port, '127.0.0.1');
      };
      let forms: Awaited<ReturnType<typeof station.forms>> = [];
      await until('the probe knows of it', async () => {
        tell();
        forms = await station.forms(asked, Date.now() + 1000);
        return forms.some(one => one.forms.length > 0);
      });
      expect(forms).to.have.length(1);
      expect(forms[0]!.forms[0]).to.deep.equal({
        ...{ source: four('10.0.0.1'), destination: four('198.51.100.1'), sourcePort: 1111, destinationPort: 53 },
        side: 'near',
      });
    } finally {
      exporter.close();
      child.kill();
      await station.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('probe/translator-messages', () => {
  const question = { type: 'forms', id: 3, packet: packet('192.0.2.1', 7) };
  const answer = {
    ...{ type: 'forms', id: 3 },
    forms: [{ source: four('10.0.0.1'), destination: null, sourcePort: 1, destinationPort: null, side: 'near' }],
  };
  it('come as they were sent', () => {
    expect(readToProbe(question)).to.deep.equal(question);
    expect(readToDaemon(answer)).to.deep.equal(answer);
  });
  it('tell a probe which profiles it keeps, and what it follows', () => {
    const translator: TranslatorConfig = {
      ...{ conntrack: true, pools: [{ inside: '100.64.0.0/16', outside: '192.0.2.0/24', reserved: 1024, dynamic: 0 }] },
      files: [{ file: '/var/log/cgn', pattern: '(?<inside>x)(?<outside>y)' }],
      udp: [{ address: '::', port: 514, format: 'cisco', allow: ['192.0.2.0/24'] }],
    };
    const probe = probeBlock({ name: 'nat1', profiles: ['nat', 'clamp'], translator });
    const welcome = { type: 'welcome', version: 1, probe };
    expect(readToProbe(welcome)).to.deep.equal(welcome);
    const refused = { ...welcome, probe: { ...probe, profiles: ['strict'] } };
    expect(readToProbe(refused)).to.be.a('string').and.to.include('profile');
  });
  for (const [what, read, message, wrong] of [
    [
      'an address of 5 octets',
      readToProbe,
      { ...question, packet: { ...question.packet, source: new Uint8Array(5) } },
      'source is no address',
    ],
    [
      'two families',
      readToProbe,
      { ...question, packet: { ...question.packet, source: new Uint8Array(16) } },
      'source and destination are of two families',
    ],
    [
      'a port too high',
      readToProbe,
      { ...question, packet: { ...question.packet, sourcePort: 70000 } },
      'sourcePort is not an integer from 0 to 65535',
    ],
    [
      'no side',
      readToDaemon,
      { ...answer, forms: [{ ...answer.forms[0], side: 'left' }] },
      'side is neither near nor far',
    ],
    [
      'too many forms',
      readToDaemon,
      { ...answer, forms: Array(MOST_FORMS + 1).fill(answer.forms[0]) },
      `forms is not a list of at most ${MOST_FORMS}`,
    ],
  ] as const)
    it(`are not believed: ${what}`, () => expect(read(message)).to.equal(wrong));
  it('never throw, whatever came', () => {
    fc.assert(
      fc.property(fc.anything({ withTypedArray: true }), value => {
        for (const read of [readToProbe, readToDaemon]) read({ type: 'forms', id: 1, packet: value, forms: value });
        readToProbe({ type: 'welcome', version: 1, probe: { name: 'x', translator: value } });
      }),
    );
  });
});
