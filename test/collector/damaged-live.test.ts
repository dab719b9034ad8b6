import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { FOUR_OCTET_AS } from '../../src/bgp/capabilities.ts';
import { formatNotification } from '../../src/bgp/notification.ts';
import { createCollector } from '../../src/collector/collector.ts';
import type { FromCollector, RibQuery, RouteRow, SummaryRow, ToCollector } from '../../src/collector/messages.ts';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { ACCEPT, DISCARD, message, type Row, TABLES } from '../bgp/damaged-updates.ts';
import { attribute, updateBody } from '../bgp/octets.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { type HandRouter, handRouter } from './router.ts';

const PORT = 17_180;
const EXTERNAL = 64496;
const LOCAL = 64500;
const RESETS = /^session-reset (\d+)\/(\d+)$/;

/** Both peers of a row; of the tables beside the last one an internal peer only where it has another answer. */
const peersOf = (title: string, [, , , external, internal = external]: Row) =>
  title.includes('hurt') || internal !== external
    ? ([
        ['external', EXTERNAL, external],
        ['internal', LOCAL, internal],
      ] as const)
    : ([['external', EXTERNAL, external]] as const);

/** A good UPDATE that follows. */
const behind = (as2: boolean) => {
  const path = attribute(0x40, 2, as2 ? '0201fbf0' : '02010000fbf0');
  return updateBody('', attribute(0x40, 1, '00') + path + attribute(0x40, 3, 'c0000201'), '18cb0071');
};

// The rows that the codec is held to (test/bgp/damaged.test.ts), over sessions of a collector: before a good UPDATE.
describe('damaged UPDATEs in a session', function () {
  this.timeout(240_000);
  const host = loopbackAddress();
  let heard: FromCollector[];
  let send: (message: ToCollector) => void;
  let number = 0;
  let router: HandRouter | undefined;

  async function rows<T>(query: RibQuery): Promise<readonly T[]> {
    const id = ++number;
    send({ type: 'query', id, query });
    const mine = () =>
      heard.filter(message => (message.type === 'rows' || message.type === 'answer') && message.id === id);
    await until('an answer', () => mine().some(({ type }) => type === 'answer'));
    return mine().flatMap(message => ('rows' in message ? message.rows : [])) as T[];
  }
  const summary = async (address: string) =>
    (await rows<SummaryRow>({ about: 'summary' })).find(row => row.address === address);
  const holds = async (prefix: string, peer: string) =>
    (await rows<RouteRow>({ about: 'route', prefix, scope: 'exact', peer })).length > 0;

  before(async () => {
    heard = [];
    send = createCollector(message => heard.push(message));
    // An address of its own for each row: a peer whose session was reset is met again later and later.
    const families = 'passive; ipv4; ipv6; ipv4 vpn; limit 1000;';
    const text = `router id 192.0.2.9; local as ${LOCAL}; bgp listen ${host} port ${PORT};
      protocol bgp external { neighbor range 127.0.0.0/9 as ${EXTERNAL}; ${families} }
      protocol bgp internal { neighbor range 127.128.0.0/9 as ${LOCAL}; ${families} }`;
    const loaded = parseConfig(text, 'c');
    if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
    const { routerId, localAs, bgpListen, peers, bmp } = loaded.config;
    send({ type: 'configure', config: { routerId, localAs, listen: bgpListen, peers, bmp } });
    await until('the collector is configured', () => heard.some(({ type }) => type === 'ready'));
  });
  after(async () => {
    send({ type: 'stop' });
    await until('the collector has stopped', () => heard.some(({ type }) => type === 'stopped'));
  });
  afterEach(() => router?.close());

  for (const [title, table] of Object.entries(TABLES))
    describe(title, () => {
      for (const row of table)
        for (const [kind, as, answer] of peersOf(title, row)) {
          const [name, parts, clause] = row;
          // Here another address is our own.
          if (name === 'NEXT_HOP that is our own') continue;
          it(`${name}, ${kind}: ${answer}`, async () => {
            const address = `127.${(as === LOCAL ? 128 : 0) + randomInt(1, 127)}.${randomInt(256)}.${randomInt(1, 255)}`;
            const offers = { others: [{ afi: 1, safi: 128 }] };
            router = handRouter({ host, port: PORT }, address, as, {}, offers, [], parts.as2 ? [FOUR_OCTET_AS] : []);
            await router.established;
            await until('it is up', async () => (await summary(address))?.state === 'Established');
            const { peer } = (await summary(address))!;
            router.update(message(parts).subarray(19));
            router.update(behind(parts.as2 === true));
            const reset = RESETS.exec(answer);
            if (reset !== null) {
              await router.closed;
              const due = formatNotification({
                code: Number(reset[1]),
                subcode: Number(reset[2]),
                data: new Uint8Array(0),
              });
              expect(router.notification()?.startsWith(due), `${router.notification()}, due ${due}`).to.equal(true);
              return;
            }
            await until('the route behind it', () => holds('203.0.113.0/24', peer));
            expect((await summary(address))?.state).to.equal('Established');
            expect(router.notification()).to.equal(null);
            if (parts.nlri !== undefined)
              expect(await holds('198.51.100.0/24', peer)).to.equal(answer === ACCEPT || answer === DISCARD);
            // What was not negotiated is counted, not kept.
            if (clause !== null && answer !== ACCEPT && clause !== 'RFC 4760 7')
              expect(await rows({ about: 'quarantine', peer })).to.have.length.of.at.least(1);
          });
        }
    });
});
