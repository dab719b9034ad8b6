/**
 * A hijack that spreads by real eBGP, seen by a collector through real routers over several hops:
 *
 *      64501 --- 64502 --- 64503 --- 64507
 *     /  victim,              |
 *     |  collector            |
 *   64506 --- 64505 ------- 64504 --- 64508
 *     |       witness       witness   hijacker
 *   64509 --- 64510
 *             witness
 *
 * The collector stands on the victim's LAN and has its sessions with the routers of the three witnesses across the others.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { RouteRow, SummaryRow } from '../../src/collector/messages.ts';
import type { Case } from '../../src/hijack/case.ts';
import { until } from '../interop/bgp-peers.ts';
import { type Bird, startBird } from './bird.ts';
import { type Daemon, startDaemon } from './intertrack.ts';
import { closeLab, type Lab, needLab, openLab } from './lab.ts';
import type { Mail } from './mail-server.ts';
import { printTable } from './table.ts';

const BEFORE = 64500;
const VICTIM = 64501;
const HIJACKER = 64508;
const WITNESSES = [64504, 64505, 64510];
/** The witness behind a single link, and the AS at the other end of it. */
const [CUT_OFF, BEHIND] = [64510, 64509];
const ASES = Array.from({ length: 10 }, (_, i) => VICTIM + i);
const LINKS = [
  [64501, 64502],
  [64502, 64503],
  [64503, 64504],
  [64504, 64505],
  [64505, 64506],
  [64506, 64501],
  [64503, 64507],
  [64504, HIJACKER],
  [64506, BEHIND],
  [BEHIND, CUT_OFF],
] as const;

const routerOf = (as: number) => `as${as}`;
const router4 = (as: number) => `10.${as - BEFORE}.0.1`;
const link4 = (link: number, end: number) => `10.200.${link}.${end + 1}`;
const COLLECTOR = '10.1.1.10';
const GATEWAY = '10.1.1.1';
const SMTP_PORT = 2525;

const PREFIX = '203.0.113.0/24';
const INSIDE = '203.0.113.128/25';
const RECIPIENTS = ['keiro@as64501.example', 'noc@as64501.example'];
const RPSL = `route:      ${PREFIX}
descr:      Example Inc.
            X-Keiro: keiro@as${VICTIM}.example
origin:     AS${VICTIM}
mnt-by:     MAINT-AS${VICTIM}
source:     JPIRR
`;

async function layNetwork(lab: Lab): Promise<void> {
  for (const as of ASES) await lab.host(routerOf(as), [`${router4(as)}/32`]);
  await lab.host('collector');
  await lab.link(
    { host: routerOf(VICTIM), device: 'lan', addresses: [`${GATEWAY}/24`] },
    { host: 'collector', device: 'eth0', addresses: [`${COLLECTOR}/24`] },
  );
  await lab.run('collector', ['ip', 'route', 'add', 'default', 'via', GATEWAY]);
  for (const [link, [a, b]] of LINKS.entries())
    await lab.link(
      { host: routerOf(a), device: `to${b}`, addresses: [`${link4(link, 0)}/30`] },
      { host: routerOf(b), device: `to${a}`, addresses: [`${link4(link, 1)}/30`] },
    );
}

async function startRouters(lab: Lab): Promise<Map<number, Bird>> {
  const birds = new Map<number, Bird>();
  for (const as of ASES) {
    const neighbors = LINKS.flatMap((ends, link) => {
      const mine = ends.indexOf(as as never);
      return mine < 0 ? [] : [{ as: ends[1 - mine]!, address: link4(link, 1 - mine), local: link4(link, mine) }];
    });
    const collector = { as: VICTIM, address: COLLECTOR, local: router4(as), collector: true };
    const bird = await startBird(lab, routerOf(as), {
      as,
      address: router4(as),
      neighbors: WITNESSES.includes(as) ? [...neighbors, collector] : neighbors,
      prefixes: [`10.${as - BEFORE}.0.0/16`, ...(as === VICTIM ? [PREFIX] : [])],
    });
    birds.set(as, bird);
  }
  return birds;
}

/** Column of the table. */
const MAILS = 3 + WITNESSES.length;

const nameOf = (as: number) => `as${as}`;
const configuration = (directory: string) => `bgp listen ${COLLECTOR};
template bgp witness { local address ${COLLECTOR}; ipv4; ipv6; hold time 6s; connect retry time 1s; }
${WITNESSES.map(as => `protocol bgp ${nameOf(as)} from witness { neighbor ${router4(as)} as ${as}; }\n`).join('')}
irr JPIRR { dump "${directory}/jpirr.db"; authoritative; }
watch ours { maintainer MAINT-AS${VICTIM} in JPIRR; group noc; hold down 1s; }
group noc { mail "${RECIPIENTS[1]}"; }
notify mail { from "keiro@example.net"; smtp "127.0.0.1" port ${SMTP_PORT}; tls none; to x-keiro, group; language en; }
`;

describe('lab/hijack', function () {
  this.timeout(240_000);
  let lab: Lab | null = null;
  let birds: Map<number, Bird>;
  let daemon: Daemon;
  const mails: Mail[] = [];
  const table: string[][] = [['what happened', 'case', 'state', ...WITNESSES.map(as => `AS${as}`), 'mails']];

  before(async function () {
    needLab(this, 'bird', 'birdc');
    lab = await openLab();
    await layNetwork(lab);
    birds = await startRouters(lab);
    writeFileSync(join(lab.directory, 'jpirr.db'), RPSL);
    const server = fileURLToPath(new URL('mail-server.ts', import.meta.url));
    const smtp = lab.start('collector', [process.execPath, server, `${SMTP_PORT}`]);
    createInterface(smtp.stdout).on('line', line => mails.push(JSON.parse(line)));
    const config = configuration(lab.directory);
    daemon = await startDaemon(lab, 'collector', { as: VICTIM, address: COLLECTOR, config });
    await until('all sessions are up, across the other ASes', async () =>
      (await summary()).every(({ state }) => state === 'Established'),
    );
  });
  after(async function () {
    await closeLab(this, lab);
    if (table.length > 1) printTable(table);
  });

  const summary = () => daemon.rows<SummaryRow>('show', 'bgp', 'summary');
  const caseOf = async (prefix: string) =>
    (await daemon.rows<Case>('show', 'case', 'all')).find(one => one.prefix === prefix) ?? null;
  const stateAt = ({ witnesses }: Case, as: number) => witnesses.find(witness => witness.as === as)?.state ?? '-';
  const states = (one: Case) => WITNESSES.map(as => stateAt(one, as));

  /** Waits until the case of a prefix stands so with the witnesses, and writes down what led to it. */
  async function becomes(what: string, prefix: string, state: Case['state'], ...witnesses: string[]): Promise<Case> {
    let found: Case | null = null;
    await until(`${what}: ${prefix} is ${state}, ${witnesses.join(' ')}`, async () => {
      found = await caseOf(prefix);
      return found !== null && found.state === state && states(found).join() === witnesses.join();
    });
    table.push([what, prefix, state, ...states(found!), `${mails.length}`]);
    return found!;
  }

  /** The mails about a prefix so far, when there are `count` rounds of them; each round goes to all recipients. */
  async function told(prefix: string, count: number): Promise<readonly Mail[]> {
    const about = () => mails.filter(({ subject }) => subject.includes(prefix));
    await until(`${count} rounds of mail about ${prefix}`, () => about().length >= count * RECIPIENTS.length);
    expect(about()).to.have.length(count * RECIPIENTS.length);
    for (let i = 0; i < count; i++) {
      const round = about().slice(i * RECIPIENTS.length, (i + 1) * RECIPIENTS.length);
      expect(round.flatMap(({ to }) => to).sort()).to.deep.equal(RECIPIENTS);
    }
    table.at(-1)![MAILS] = `${mails.length}`;
    return about().slice(-RECIPIENTS.length);
  }

  it('has the victim’s prefix from each witness, and no case', async () => {
    for (const as of WITNESSES)
      await until(`AS${as} gives the prefix`, async () => {
        const [route] = await daemon.rows<RouteRow>('show', 'route', PREFIX, 'exact', 'peer', nameOf(as));
        return route?.origin === VICTIM && route.state === 'match' && route.path[0] === as;
      });
    expect(await daemon.rows('show', 'case', 'all')).to.deep.equal([]);
  });

  it('opens a case when the exact prefix is announced, with the witnesses it has reached', async () => {
    await birds.get(HIJACKER)!.announce(PREFIX);
    // The second has two paths of equal length, and BIRD takes the lower router identifier; the third is nearer to the victim.
    const found = await becomes('exact prefix announced', PREFIX, 'ongoing', 'holds', 'holds', '-');
    expect(found).to.include({ kind: 'origin', offender: HIJACKER, upstream: 64504 });
    expect(found.witnesses.map(({ path }) => path)).to.deep.include.members([
      [64504, HIJACKER],
      [64505, 64504, HIJACKER],
    ]);
    // Told at the first witness, whichever it was.
    for (const { text } of await told(PREFIX, 1))
      for (const part of [PREFIX, `AS${HIJACKER}`, `64504 ${HIJACKER}`, `MAINT-AS${VICTIM}`])
        expect(text).to.include(part);
  });

  it('opens another when a part of it is announced, which reaches everyone', async () => {
    await birds.get(HIJACKER)!.announce(INSIDE);
    const found = await becomes('more specific announced', INSIDE, 'ongoing', 'holds', 'holds', 'holds');
    expect(found).to.include({ kind: 'more-specific', offender: HIJACKER, upstream: 64504, decidedBy: PREFIX });
    await told(INSIDE, 1);
  });

  it('loses sight of a witness whose link fails, and does not take that for an end', async () => {
    await lab!.run(routerOf(BEHIND), ['ip', 'link', 'set', 'dev', `to${CUT_OFF}`, 'down']);
    await becomes(`link to AS${CUT_OFF} cut`, INSIDE, 'ongoing', 'holds', 'holds', 'unseen');
    expect((await summary()).find(({ as }) => as === CUT_OFF)?.lastError).to.match(/hold/i);
  });

  it('tells the end of what all have withdrawn, and not of what is out of sight', async () => {
    await birds.get(HIJACKER)!.withdraw(PREFIX);
    await birds.get(HIJACKER)!.withdraw(INSIDE);
    const over = await becomes('both withdrawn', PREFIX, 'resolved', 'gone', 'gone', '-');
    expect(over.ended).to.be.a('number');
    const [mail] = await told(PREFIX, 2);
    expect(mail?.subject).to.match(/resolved/i);
    await becomes('', INSIDE, 'unseen', 'gone', 'gone', 'unseen');
    await told(INSIDE, 1);
  });

  it('tells the end of the rest when the link is back and the witness no longer has it', async () => {
    await lab!.run(routerOf(BEHIND), ['ip', 'link', 'set', 'dev', `to${CUT_OFF}`, 'up']);
    await becomes('link restored', INSIDE, 'resolved', 'gone', 'gone', 'gone');
    const [mail] = await told(INSIDE, 2);
    expect(mail?.subject).to.match(/resolved/i);
    expect(mails).to.have.length(4 * RECIPIENTS.length);
  });
});
