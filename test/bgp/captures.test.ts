import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { inspectMessage, type MessageContext } from '../../src/bgp/inspect.ts';
import { UPDATE } from '../../src/bgp/message.ts';
import type { PrefixNlri } from '../../src/bgp/nlri.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { bgpMessages } from './captures.ts';

const DATA = new URL('../../../shared/data/bgp/pcap/', import.meta.url).pathname;
const families = (...list: [number, number][]) => list.map(([afi, safi]) => ({ afi, safi }));
/** A session on which all that the captures hold was negotiated. */
const CONTEXT: MessageContext = {
  as4: true,
  ebgp: false,
  ipv4: true,
  ipv6: true,
  extendedMessage: true,
  others: families([1, 2], [2, 2], [1, 4], [2, 4], [1, 128], [2, 128], [25, 70]),
  extendedNextHop: families([1, 1], [1, 128]),
};

const updateOf = (message: Uint8Array, context = CONTEXT) => {
  const { body } = inspectMessage(message, context);
  return body !== null && 'update' in body ? body.update : null;
};
const isPrefix = (route: object): route is PrefixNlri => 'labels' in route;

/** Made by fuzzers, on purpose: they get a verdict, whatever it is. */
const MALFORMED = /oobr|malformed|msg_error|invalid/;

describe('bgp/captures', () => {
  before(function () {
    if (!existsSync(DATA)) this.skip();
  });

  const captures = () =>
    readdirSync(DATA).filter(name => /^(bgp|packetlife|tcpdump)/.test(name) && !name.endsWith('.gz'));

  it('accepts what real routers sent, with AS numbers of one width or the other', function () {
    this.timeout(240_000);
    let messages = 0;
    const refused: string[] = [];
    for (const name of captures()) {
      for (const message of bgpMessages(join(DATA, name))) {
        messages++;
        const verdicts = [true, false].map(as4 => inspectMessage(message, { ...CONTEXT, as4 }));
        const best = verdicts.find(({ action }) => action === 'accept') ?? verdicts[0]!;
        if (best.action !== 'accept' && !MALFORMED.test(name))
          refused.push(`${name}: ${best.action}: ${best.errors.map(error => error.what)}`);
      }
    }
    expect(messages).to.be.greaterThan(650);
    // AIGP is not enabled: its attribute is discarded (RFC 7311 section 3).
    expect(refused.filter(text => !text.includes('AIGP'))).to.deep.equal([]);
  });

  for (const name of ['bgp-cisco-301', 'bgp-ipv6-302-00'])
    it(`agrees with another decoder on every route of ${name}`, () => {
      interface Expected {
        readonly rd: Record<string, Record<string, unknown>>;
        readonly network: string;
        readonly label_stack: [number, number, number][];
      }
      const lines = gunzipSync(readFileSync(join(DATA, `${name}.bgp.expect.jsonl.gz`)))
        .toString()
        .trim()
        .split('\n');
      const routes: string[] = [];
      // What names each route wherever the decode keeps it.
      const walk = (value: unknown): void => {
        if (typeof value !== 'object' || value === null) return;
        if ('network' in value && 'rd' in value) routes.push(nameOf(value as Expected));
        else for (const item of Object.values(value)) walk(item);
      };
      const nameOf = ({ rd, network, label_stack }: Expected) => {
        const [administrator, number] = Object.values(Object.values(rd)[0]!);
        const labels = label_stack.map(([a, b, c]) => (a << 12) | (b << 4) | (c >> 4));
        return `${administrator}:${number} ${network} ${labels}`;
      };
      for (const line of lines) walk(JSON.parse(line));
      const ours = bgpMessages(join(DATA, `${name}.pcap`)).flatMap(message => {
        const update = message[18] === UPDATE ? updateOf(message) : null;
        return [...(update?.otherAnnounced ?? []), ...(update?.otherWithdrawn ?? [])].filter(isPrefix);
      });
      expect(ours.map(route => `${route.rd} ${formatPrefix(route)} ${route.labels}`)).to.deep.equal(routes);
      expect(ours.length).to.be.greaterThan(15);
    });

  it('agrees with tshark on messages and prefixes', function () {
    this.timeout(240_000);
    if (spawnSync('tshark', ['--version']).error !== undefined) {
      if (process.env.REQUIRE_PEERS === '1') expect.fail('tshark is not installed');
      this.skip();
    }
    let compared = 0;
    for (const name of [
      'bgp-305-update-keepalive.pcap',
      'packetlife-IBGP_adjacency.cap',
      'packetlife-BGP_soft_reset.cap',
    ]) {
      const file = join(DATA, name);
      const fields = ['bgp.type', 'bgp.nlri_prefix', 'bgp.withdrawn_prefix'].flatMap(field => ['-e', field]);
      const text = execFileSync('tshark', ['-r', file, '-Y', 'bgp', '-T', 'fields', ...fields, '-E', 'separator=;'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const rows = text
        .trim()
        .split('\n')
        .map(line => line.split(';').map(cell => (cell === '' ? [] : cell.split(','))));
      const column = (index: number) => rows.flatMap(row => row[index] ?? []).sort();
      const messages = bgpMessages(file);
      expect(messages.map(message => String(message[18])).sort(), name).to.deep.equal(column(0));
      const updates = messages.flatMap(message => {
        const update = [true, false]
          .map(as4 => updateOf(message, { ...CONTEXT, as4 }))
          .find(read => read?.action === 'accept');
        return update ?? [];
      });
      const address = (route: PrefixNlri) => formatPrefix(route).split('/')[0]!;
      const classic = updates.filter(({ attributes }) => attributes.mpReach === null && attributes.mpUnreach === null);
      expect(classic.flatMap(update => update.announced.map(address)).sort(), name).to.deep.equal(column(1));
      expect(classic.flatMap(update => update.withdrawn.map(address)).sort(), name).to.deep.equal(column(2));
      compared += messages.length;
    }
    expect(compared).to.be.greaterThan(400);
  });
});
