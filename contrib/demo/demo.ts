/**
 * `make demo`: the whole product on loopback in under two minutes. Five ASes run intertrackd, seven have border routers, a
 * prefix is hijacked and the hijack ends, a packet with a forged source is traced past an AS that takes no part. Every
 * step is verified; the exit status is 0 only when all were.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { SummaryRow } from '../../src/collector/messages.ts';
import type { ProbeStatusRow, TracePeerRow } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { until } from '../../test/interop/bgp-peers.ts';
import { prepareDaemons } from './daemons.ts';
import { makeCaptures } from './packets.ts';
import { startRouters } from './routers.ts';
import {
  ATTACKER,
  BLIND,
  BYSTANDER,
  CLEAR,
  ENTRY,
  FEEDS,
  PREFIXES,
  TAKING_PART,
  TAPPED,
  TRANSIT,
  VICTIM,
} from './topology.ts';

const began = performance.now();
const run = randomInt(16, 255);
const directory = mkdtempSync(join(tmpdir(), 'intertrack-demo-'));
const mails: ParsedMail[] = [];
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, _session, done) => {
    buffer(stream)
      .then(octets => simpleParser(octets))
      .then(mail => {
        mails.push(mail);
        done();
      }, done);
  },
});

const say = (text = '') => console.log(text);
function step(text: string): void {
  say(`\n=== ${text}  [${((performance.now() - began) / 1000).toFixed(1)} s]\n`);
}
let verified = 0;
function verify(what: string, yes: boolean): void {
  if (!yes) throw new Error(`NOT SO: ${what}`);
  verified++;
  say(`  verified: ${what}`);
}
await new Promise<void>(resolve => smtp.listen(0, '127.0.0.1', resolve));
const daemons = prepareDaemons(directory, run, (smtp.server.address() as AddressInfo).port);

const { rows } = daemons;
/** Runs itctl as a person would and shows what it says. */
async function show(as: number, ...words: string[]): Promise<number> {
  say(`AS${as}$ itctl ${words.map(word => word.replace(`${directory}/`, '')).join(' ')}`);
  const { status, stdout, stderr } = await daemons.itctl(as, ...words);
  say((stdout + stderr).replaceAll(`${directory}/`, '').trimEnd());
  say();
  return status;
}

async function routersComeUp(): Promise<Awaited<ReturnType<typeof startRouters>>> {
  step('Border routers and daemons come up');
  for (const as of TAKING_PART) daemons.start(as);
  const routers = await startRouters(run);
  if (routers.skipped !== null)
    say(`  SKIPPED: BIRD as border router (${routers.skipped}); scripted BGP speakers stand in for it\n`);
  say(`  border routers: ${routers.what}`);
  await until('the victim holds the routes of its router and of the feeds', async () => {
    const peers = await rows<SummaryRow>(VICTIM, 'show', 'bgp', 'summary');
    return peers.length === 1 + FEEDS.length && peers.every(peer => peer.state === 'Established' && peer.prefixes >= 5);
  });
  await show(VICTIM, 'show', 'bgp', 'summary');
  await show(VICTIM, 'show', 'route', PREFIXES[VICTIM]!);
  verify('every BGP session is established, one dialled by the router and two by the daemon', true);
  return routers;
}

async function mailsArrive(count: number): Promise<ParsedMail[]> {
  await until(`${count} mails`, async () => mails.length >= count);
  const arrived = mails.splice(0);
  for (const mail of arrived.slice(0, 1)) {
    say(`--- as the SMTP server received it ${'-'.repeat(44)}`);
    say(`From: ${mail.from?.text}\nTo: ${Array.isArray(mail.to) ? '' : mail.to?.text}\nSubject: ${mail.subject}\n`);
    say((mail.text ?? '').trimEnd());
    say('-'.repeat(79));
  }
  return arrived;
}

async function hijack(routers: Awaited<ReturnType<typeof startRouters>>): Promise<void> {
  const prefix = PREFIXES[VICTIM]!;
  step(`AS${ATTACKER} announces ${prefix}, which is registered for AS${VICTIM}`);
  await routers.announce(ATTACKER, prefix);
  const recipients = ['keiro@as64500.example', 'noc@example.net', 'oncall@as64500.example'];
  const told = (arrived: ParsedMail[]) =>
    arrived
      .map(mail => (Array.isArray(mail.to) ? '' : (mail.to?.text ?? '')))
      .sort()
      .join() === recipients.join();
  const first = await mailsArrive(recipients.length);
  await show(VICTIM, 'show', 'case');
  const [open] = await rows<Case>(VICTIM, 'show', 'case', 'open');
  if (!open) throw new Error('no case is open');
  await show(VICTIM, 'show', 'case', open.id);
  verify(
    `a case is open: AS${ATTACKER} instead of AS${VICTIM}`,
    open.offender === ATTACKER && open.expected.join() === `${VICTIM}`,
  );
  verify(`the AS one up the path is named: AS${ENTRY}`, open.upstream === ENTRY);
  verify('both X-Keiro addresses and the group have their mail', told(first));
  const text = first[0]?.text ?? '';
  verify(
    'the mail names prefix, offender, path and the RPSL object',
    [prefix, `AS${ATTACKER}`, `${ENTRY} ${ATTACKER}`, `mnt-by:`].every(part => text.includes(part)),
  );

  step('kill -9 of the daemon in the middle of the case, and a restart');
  await daemons.kill(VICTIM);
  daemons.start(VICTIM);
  await until('the restarted daemon sees the route again', async () => {
    const [again] = await rows<Case>(VICTIM, 'show', 'case', open.id);
    return again?.witnesses.some(witness => witness.state === 'holds' && witness.until === null) ?? false;
  });
  const [again] = await rows<Case>(VICTIM, 'show', 'case', open.id);
  verify('the case is as before and nobody was told twice', again?.opened === open.opened && mails.length === 0);

  step(`AS${ATTACKER} withdraws`);
  await routers.withdraw(ATTACKER, prefix);
  const second = await mailsArrive(recipients.length);
  await show(VICTIM, 'show', 'case', 'all');
  const [over] = await rows<Case>(VICTIM, 'show', 'case', open.id);
  verify('the case is resolved, with its duration', over?.state === 'resolved' && over.ended !== null);
  verify(
    'the second mail reached the same three, marked as resolved',
    told(second) && second.every(mail => /resolved/i.test(mail.subject ?? '')),
  );
  verify(
    'it belongs to the thread of the first',
    second.every(mail => first.some(one => one.messageId === mail.inReplyTo)),
  );
}

/** The node of an AS in a tree. */
function nodeOf(tree: TraceNode, as: number): TraceNode | undefined {
  return tree.as === as ? tree : tree.children.map(child => nodeOf(child, as)).find(found => found !== undefined);
}

async function trace(): Promise<void> {
  step('A packet with a forged source has reached the victim: where did it come in?');
  const captures = makeCaptures(Math.floor(Date.now() / 1000) - 120);
  for (const [as, capture] of captures.taps) writeFileSync(join(directory, `as${as}-tap.pcap`), capture);
  const suspects = join(directory, 'suspects.pcap');
  writeFileSync(suspects, captures.suspects);
  for (const as of TAPPED) daemons.probe(as);
  for (const as of TAPPED)
    await until(`the probe of AS${as} has read its tap`, async () => {
      const [probe] = await rows<ProbeStatusRow>(as, 'show', 'probe');
      return probe?.connected === true && probe.packets >= captures.packets;
    });
  for (const as of TAKING_PART)
    await until(`AS${as} has its trace sessions`, async () => {
      const peers = await rows<TracePeerRow>(as, 'show', 'traceback');
      return peers.length === TAKING_PART.length - 1 && peers.every(({ state }) => state === 'Established');
    });
  await show(VICTIM, 'show', 'traceback');
  const status = await show(VICTIM, 'trace', 'packet', suspects, '-n', '3');
  const [found] = await rows<Trace>(VICTIM, 'trace', 'packet', suspects, '-n', '3');
  if (!found) throw new Error('no trace');
  const verdict = (as: number) => nodeOf(found.tree, as)?.verdict;
  verify('itctl says that it found the entry', status === 0);
  verify(
    `AS${VICTIM}, AS${TRANSIT} and AS${ENTRY} saw it`,
    [VICTIM, TRANSIT, ENTRY].every(as => verdict(as) === 'saw'),
  );
  verify(`AS${BYSTANDER} takes no part; its place is known from the RIB`, verdict(BYSTANDER) === 'absent');
  verify(
    `AS${CLEAR} is clear, AS${BLIND} cannot know, and the two are told apart`,
    verdict(CLEAR) === 'clear' && verdict(BLIND) === 'cannot-know',
  );
  verify(`it came in at AS${ENTRY} from AS${ATTACKER}`, found.entry?.as === ENTRY && found.entry.via === ATTACKER);
  verify(`the answer took ${found.milliseconds} ms, at most 2000`, found.milliseconds <= 2000);
  verify(
    'a packet that passed no tap is found nowhere, and itctl says so (exit 3)',
    (await daemons.itctl(VICTIM, 'trace', 'packet', suspects, '-n', '1')).status === 3,
  );
  await show(VICTIM, 'show', 'status');
}

let failure: unknown = null;
let routers: Awaited<ReturnType<typeof startRouters>> | null = null;
try {
  routers = await routersComeUp();
  await hijack(routers);
  await trace();
} catch (e) {
  failure = e;
  say(`\nFAILED: ${(e as Error).message}`);
  for (const as of TAKING_PART) say(`--- intertrackd AS${as}\n${daemons.said(`intertrackd AS${as}`).slice(-3000)}`);
  for (const as of TAPPED) say(`--- itprobe AS${as}\n${daemons.said(`itprobe AS${as}`).slice(-1000)}`);
}
step('Everything ends');
await daemons.close();
await routers?.close();
smtp.close();
rmSync(directory, { recursive: true, force: true });
const seconds = ((performance.now() - began) / 1000).toFixed(1);
say(
  failure === null
    ? `  all ${verified} checks hold; ${seconds} s`
    : `  the demonstration failed after ${verified} checks; ${seconds} s`,
);
process.exit(failure === null ? 0 : 1);
