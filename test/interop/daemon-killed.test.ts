import { chmodSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import { DOUBT_HEADER } from '../../src/notify/delivery.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { type Relay, relay } from '../notify/smtp.ts';
import { type WebServer, webServer } from '../notify/web-server.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const OFFENDER = 64666;
/** `KILLS=200` for the long form. */
const KILLS = Number(process.env.KILLS ?? 8);
const PREFIXES = Array.from({ length: KILLS }, (_, i) => `198.${18 + (i >> 8)}.${i & 255}.0/24`);

/** Every begin and every end, by mail, web hook and program, however often and whenever the daemon dies. */
describe('interop/daemon-killed', function () {
  this.timeout(60_000 + KILLS * 20_000);
  const [ours, peerAt] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let smtp: Relay;
  let web: WebServer;
  let peer: Speaker | undefined;
  /** What the peer holds: announced again with each session. */
  const held = new Set<string>();

  before(async () => {
    smtp = await relay();
    web = await webServer();
    daemon = intertrackd(ours);
    daemon.write('told', '');
    daemon.write('pager', `#!/bin/sh\nread -r line || exit 1\nprintf '%s\\n' "$line" >>'${daemon.at('told')}'\n`);
    chmodSync(daemon.at('pager'), 0o755);
    daemon.write(
      'jpirr.db',
      PREFIXES.map(prefix => `route: ${prefix}\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n\n`).join(''),
    );
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp feed { neighbor ${peerAt} as 64496; local address ${ours}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; group noc; hold down 1s; }
group noc { mail "oncall@example.net", "duty@example.org"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${smtp.port}; tls none; language en; retry 1s; }
notify webhook "http://127.0.0.1:${web.port}/" { retry 1s; language en; }
notify exec "${daemon.at('pager')}" { retry 1s; language en; }
`);
  });
  after(async () => {
    peer?.close();
    await daemon?.close();
    await smtp?.close();
    await web?.close();
  });

  async function up(): Promise<void> {
    await daemon.start().catch((error: Error) => {
      throw new Error(`${error.message}, it says:\n${daemon.log()}`);
    });
    await until('the session is up', async () => {
      peer = await startSpeaker({ from: peerAt, to: ours, port: PORT, as: 64496 }).catch(() => undefined);
      return peer !== undefined;
    });
    for (const prefix of held) peer!.announce([prefix], 64496, OFFENDER);
    peer!.endOfRib();
  }

  async function written(prefix: string): Promise<boolean> {
    const found = (await daemon.cases()).find(one => one.prefix === prefix);
    return found !== undefined && (await daemon.case(found.id)).notices.length > 0;
  }

  it(`loses none and tells none in two ways, killed ${KILLS} times`, async () => {
    await up();
    for (const [i, prefix] of PREFIXES.entries()) {
      held.add(prefix);
      peer!.announce([prefix], 64496, OFFENDER);
      // The third that is held goes, so that there are ends too.
      const gone = i % 3 === 2 ? PREFIXES[i - 2]! : null;
      if (gone !== null) {
        // What no daemon has lived long enough to write down, and nobody was told, is no case yet.
        await until(`${gone} is on disk`, async () => written(gone), 30_000);
        held.delete(gone);
        peer!.withdraw(gone);
      }
      // Another moment each time: within the database, a conversation, the record of one; or when all is told.
      await new Promise(done => setTimeout(done, (i * 37) % 151));
      await daemon.end('SIGKILL');
      peer!.close();
      await up();
    }
    const inState = async (prefix: string, state: Case['state']) =>
      (await daemon.cases()).some(one => one.prefix === prefix && one.state === state);
    for (const prefix of held) await until(`${prefix} is held`, () => inState(prefix, 'ongoing'), 30_000);
    for (const prefix of held) peer!.withdraw(prefix);
    held.clear();
    const all = async () => (await daemon.ask('show', 'case', 'all')) as Case[];
    await until('all are over', async () => (await all()).every(({ state }) => state === 'resolved'), 60_000);
    await until('all is told', async () => (await daemon.outbox()).length === 0, 60_000);

    const cases = await all();
    expect([...new Set(cases.map(({ prefix }) => prefix))].sort()).to.deep.equal([...PREFIXES].sort());
    const wanted = cases.flatMap(({ id, told }) =>
      told.flatMap(event => [
        `mail ${id}.${event}.1`,
        `mail ${id}.${event}.2`,
        `webhook ${id}.${event}`,
        `exec ${id}.${event}`,
      ]),
    );
    const came = new Map<string, Set<string>>();
    const add = (key: string, meaning: string) => came.set(key, (came.get(key) ?? new Set()).add(meaning));
    for (const { mail } of smtp.received) {
      // One that was under way when the daemon died says first that it may have come before.
      const again = mail.headers.has(DOUBT_HEADER.toLowerCase());
      const text = again ? mail.text!.slice(mail.text!.indexOf('\n\n') + 2) : mail.text;
      add(`mail ${mail.messageId!.slice(1).split('@')[0]}`, JSON.stringify([mail.subject, text, mail.date]));
    }
    const short = (text: string) => (JSON.parse(text) as Notice).id.split('.').slice(0, 2).join('.');
    for (const { body } of web.received) add(`webhook ${short(body.toString())}`, body.toString());
    for (const line of readFileSync(daemon.at('told'), 'utf8').trim().split('\n')) add(`exec ${short(line)}`, line);
    expect([...came.keys()].sort()).to.deep.equal(wanted.sort());
    for (const [id, meanings] of came) expect(meanings.size, id).to.equal(1);
    for (const { id, told } of cases) expect(told.at(-1), id).to.equal('end');
    const sent = smtp.received.length + web.received.length;
    console.log(`      ${cases.length} cases, ${wanted.length} notices, ${KILLS} kills, ${sent} mails and posts taken`);
  });
});
