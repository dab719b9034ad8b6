import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ContactsConfig } from '../../../src/config/tree.ts';
import { callList } from '../../../src/notify/contacts/call-list.ts';
import { createContacts } from '../../../src/notify/contacts/contacts.ts';
import { createPoliteness } from '../../../src/notify/contacts/politeness.ts';
import { rpslReader } from '../../../src/registry/rpsl.ts';
import { type SourceBook, sourceBook } from '../../../src/registry/source-book.ts';
import { autnum, httpServer, json, type SmallServer, whoisServer } from './servers.ts';

const never = new AbortController().signal;
const DAY = 86_400_000;
const NONE: ContactsConfig = { whois: [], rdap: [], cache: 7 * DAY };

const RPSL = `aut-num: AS64666
as-name: EXAMPLE-AS
descr:   Example Inc.
admin-c: AD1-EX
tech-c:  TE1-EX
notify:  notify@example.net
mnt-by:  MAINT-EX
source:  JPIRR

mntner:  MAINT-EX
upd-to:  upd@example.net
mnt-nfy: nfy@example.net
mnt-by:  MAINT-EX
source:  JPIRR

route:   192.0.2.0/24
descr:   Example block
origin:  AS64666
notify:  route@example.net
mnt-by:  MAINT-GONE
source:  JPIRR
`;

function bookOf(text: string): SourceBook {
  const book = sourceBook('JPIRR');
  const reader = rpslReader(
    object => void book.apply('add', object),
    () => {},
    new Set(['aut-num', 'mntner', 'route']),
  );
  reader.push(Buffer.from(text));
  reader.end();
  return book;
}

const PEERINGDB = {
  net: [
    { id: 7, asn: 64666, name: 'Example', status: 'ok' },
    { id: 8, asn: 64667, name: 'Other', status: 'ok' },
  ],
  poc: [
    { net_id: 7, role: 'NOC', name: 'NOC', email: 'noc@example.net', phone: '+81300000000', status: 'ok' },
    { net_id: 7, role: 'Sales', name: 'Sales', email: 'sales@example.net', status: 'ok' },
    { net_id: 8, role: 'NOC', name: 'NOC', email: 'noc@other.example', status: 'ok' },
  ],
  netixlan: [{ net_id: 7, asn: 64666, name: 'EXAMPLE-IX', ipaddr4: '203.0.113.66', ipaddr6: '2001:db8::66' }],
};

describe('notify/contacts', () => {
  const open: SmallServer[] = [];
  let directory = '';
  let now = Date.UTC(2026, 2, 1);
  const book = bookOf(RPSL);
  const make = (config: Partial<ContactsConfig> | null, books = [book]) => {
    const said: string[] = [];
    const log = (_: string, text: string) => void said.push(text);
    const contacts = createContacts({ books: () => books, directory, log, now: () => now, gap: 0, pause: 60_000 });
    contacts.configure(config === null ? null : { ...NONE, ...config });
    return { ...contacts, said };
  };
  const serve = <S extends SmallServer>(server: S): S => {
    open.push(server);
    return server;
  };
  beforeEach(() => {
    now = Date.UTC(2026, 2, 1);
    directory = mkdtempSync(join(tmpdir(), 'contacts-'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(server => server.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  it('knows without asking what stands in the IRR: handles, maintainers, notify', () => {
    const { known } = make(null);
    const [finding] = known({ as: 64666 }).findings;
    expect(finding).to.include({ source: 'irr JPIRR', name: 'EXAMPLE-AS, Example Inc.', asked: null, why: '' });
    expect(finding!.contacts.map(({ role, name, handle, emails }) => [role, name, handle, ...emails])).to.deep.equal([
      ['technical', '', 'TE1-EX'],
      ['administrative', '', 'AD1-EX'],
      ['maintainer', 'upd-to', 'MAINT-EX', 'upd@example.net'],
      ['maintainer', 'mnt-nfy', 'MAINT-EX', 'nfy@example.net'],
      ['other', 'notify', '', 'notify@example.net'],
    ]);
    const [inside] = known({ prefix: '192.0.2.128/25' }).findings;
    expect(inside!.name).to.equal('Example block');
    expect(inside!.contacts.map(({ handle, emails }) => [handle, ...emails])).to.deep.equal([
      ['MAINT-GONE'],
      ['', 'route@example.net'],
    ]);
    expect(known({ as: 1 }).findings).to.deep.equal([]);
  });

  it('asks once, keeps the answer over a restart, and asks again when it is too old', async () => {
    const rdap = serve(await httpServer((_, response) => json(response, autnum(64666))));
    const first = make({ rdap: [rdap.url] }, []);
    expect(first.known({ as: 64666 }).findings[0]).to.include({ why: 'not asked yet', asked: null });
    const [found] = (await first.lookUp({ as: 64666 }, never)).findings;
    expect(found).to.include({ source: `rdap ${rdap.url}`, asked: now, why: '' });
    await first.lookUp({ as: 64666 }, never);
    expect(rdap.asked).to.have.length(1);

    now += 6 * DAY;
    const second = make({ rdap: [rdap.url] }, []);
    const [kept] = second.known({ as: 64666 }).findings;
    expect(kept!.contacts).to.deep.equal(found!.contacts);
    await second.lookUp({ as: 64666 }, never);
    expect(rdap.asked, 'it is good for seven days').to.have.length(1);
    now += 2 * DAY;
    await second.lookUp({ as: 64666 }, never);
    expect(rdap.asked).to.have.length(2);
  });

  it('believes that there is nothing for a day, and no longer', async () => {
    const rdap = serve(await httpServer((_, response) => json(response, { errorCode: 404 }, 404)));
    const contacts = make({ rdap: [rdap.url] }, []);
    for (const hours of [0, 23, 2, 23]) {
      now += hours * 3_600_000;
      await contacts.lookUp({ as: 64666 }, never);
    }
    expect(rdap.asked).to.have.length(2);
  });

  it('shows what was said last, and why there is nothing newer, when nobody can be reached', async () => {
    const rdap = serve(await httpServer((_, response) => json(response, autnum(64666))));
    const contacts = make({ rdap: [rdap.url], whois: [{ host: '127.0.0.1', port: 1 }] });
    await contacts.lookUp({ as: 64666 }, never);
    await rdap.close();
    now += 30 * DAY;
    const [irr, old, whois] = (await contacts.lookUp({ as: 64666 }, never)).findings;
    expect(irr!.source).to.equal('irr JPIRR');
    expect(old!.contacts[0]!.emails).to.deep.equal(['noc@example.net']);
    expect(now - old!.asked!).to.equal(30 * DAY);
    expect(old!.why).to.match(/ECONNREFUSED|socket hang up/);
    expect(whois).to.deep.include({ contacts: [], asked: null });
    expect(whois!.why).to.match(/ECONNREFUSED/);
    // The server is left alone: nobody knocks again at once.
    expect((await contacts.lookUp({ as: 64667 }, never)).findings.at(-1)!.why).to.match(/it is asked again in \d+ s$/);
  });

  it('honours Retry-After, and sends the key', async () => {
    const keys = new Set<string | undefined>();
    let busy = true;
    const api = serve(
      await httpServer((path, response, { headers }) => {
        keys.add(headers.authorization);
        if (busy) response.writeHead(429, { 'retry-after': '3600' }).end();
        else json(response, { data: PEERINGDB[path.slice(5).split('?')[0] as keyof typeof PEERINGDB], meta: {} });
      }),
    );
    const config = { peeringdbUrl: `${api.url}api`, peeringdbKey: 'secret' };
    const contacts = make(config, []);
    const [refused] = (await contacts.lookUp({ as: 64666 }, never)).findings;
    expect(refused!.why).to.equal('status 429, it is asked too much');
    busy = false;
    const [alone] = (await contacts.lookUp({ as: 64666 }, never)).findings;
    expect(alone!.why).to.match(/429, it is asked too much; it is asked again in 3[56]\d\d s$/);
    expect(api.asked).to.deep.equal(['/api/net?asn=64666']);
    expect([...keys]).to.deep.equal(['Api-Key secret']);

    const [found] = (await make(config, []).lookUp({ as: 64666 }, never)).findings;
    expect(found).to.deep.include({
      source: 'peeringdb',
      name: 'Example',
      present: ['EXAMPLE-IX 203.0.113.66 2001:db8::66'],
    });
    expect(found!.contacts.map(({ role, emails }) => [role, ...emails])).to.deep.equal([['noc', 'noc@example.net']]);
    expect(api.asked.slice(1)).to.deep.equal(['/api/net?asn=64666', '/api/poc?net_id=7', '/api/netixlan?net_id=7']);
  });

  it('reads a local copy of PeeringDB, in either form, each time anew', async () => {
    const file = join(directory, 'peeringdb.json');
    writeFileSync(file, JSON.stringify(PEERINGDB));
    const contacts = make({ peeringdbFile: file }, []);
    const noc = async (as: number) => (await contacts.lookUp({ as }, never)).findings[0]!;
    expect((await noc(64666)).contacts[0]!.emails).to.deep.equal(['noc@example.net']);
    const wrapped = Object.fromEntries(Object.entries(PEERINGDB).map(([name, data]) => [name, { data, meta: {} }]));
    writeFileSync(file, JSON.stringify(wrapped).replace('noc@example.net', 'new@example.net'));
    expect((await noc(64666)).contacts[0]!.emails).to.deep.equal(['new@example.net']);
    expect((await noc(1)).contacts).to.deep.equal([]);
    const { asked } = await noc(64666);
    now = Date.now() + DAY; // later than the file was written
    await noc(64666);
    now += DAY;
    expect((await noc(64666)).asked, 'a file that has not changed is not read again').to.equal(now - DAY);
    expect(asked).to.be.below(now);
    writeFileSync(file, '{"net": ');
    expect((await noc(64666)).contacts[0]!.emails, 'the last answer stays').to.deep.equal(['new@example.net']);
    expect((await contacts.lookUp({ as: 64668 }, never)).findings[0]!.why).to.equal(`${file}: it is no JSON`);
    rmSync(file);
    expect((await contacts.lookUp({ as: 64669 }, never)).findings[0]!.why).to.match(/ENOENT/);
    expect((await contacts.lookUp({ prefix: '192.0.2.0/24' }, never)).findings, 'it is of ASes').to.deep.equal([]);
  });

  it('asks ahead in the background, once, and stops at its end', async () => {
    let asked = () => {};
    const waiting = new Promise<void>(resolve => {
      asked = resolve;
    });
    const whois = serve(await whoisServer(() => asked()));
    const contacts = make({ whois: [whois] });
    for (let i = 0; i < 100; i++) contacts.fetch({ as: 64666 });
    await waiting;
    expect(whois.asked).to.deep.equal(['AS64666']);
    expect(contacts.known({ as: 64666 }).findings.at(-1)!.why).to.equal('not asked yet');
    contacts.close();
  });

  it('takes a damaged or foreign file for none, and says when the disk takes nothing', async () => {
    const kept = `${'0'.repeat(32)}.json`;
    writeFileSync(join(directory, kept), '{"source": 7');
    writeFileSync(join(directory, 'notes.txt'), 'not ours');
    const rdap = serve(await httpServer((_, response) => json(response, autnum(64666))));
    const contacts = make({ rdap: [rdap.url] });
    await contacts.lookUp({ as: 64666 }, never);
    expect(readdirSync(directory)).to.have.length(2).and.include('notes.txt').and.not.include(kept);

    rmSync(directory, { recursive: true });
    mkdirSync(join(directory, '..'), { recursive: true });
    writeFileSync(directory, 'a file where the directory should be');
    const lost = make({ rdap: [rdap.url] }, []);
    const [found] = (await lost.lookUp({ as: 64666 }, never)).findings;
    expect(found!.contacts[0]!.emails, 'it is known all the same').to.deep.equal(['noc@example.net']);
    expect(lost.said[0]).to.match(/^a contact cannot be kept: /);
  });

  it('tells a person in a hurry whom to call first, each address once', async () => {
    const rdap = serve(await httpServer((_, response) => json(response, autnum(64666))));
    const sheet = await make({ rdap: [rdap.url] }).lookUp({ as: 64666 }, never);
    const lines = callList(sheet, now + 3 * DAY);
    expect(lines.map(({ role, reach, age }) => [role, reach.join(), age])).to.deep.equal([
      ['noc', 'noc@example.net', 3 * DAY],
      ['abuse', 'abuse@example.net,+1-555-555-0100 ext. 102', 3 * DAY],
      ['maintainer', 'upd@example.net', null],
      ['maintainer', 'nfy@example.net', null],
      ['other', 'notify@example.net', null],
    ]);
  });
});

describe('notify/contacts/politeness', () => {
  it('asks a server one thing at a time, with a pause between, and others meanwhile', async () => {
    let time = 0;
    const polite = createPoliteness({ clock: () => time, gap: 0, pause: 1000 });
    const running: string[] = [];
    const seen: string[] = [];
    const ask = (server: string, name: string) =>
      polite.ask(server, never, async () => {
        running.push(server);
        seen.push(`${name} ${running.filter(one => one === server).length}`);
        await new Promise(setImmediate);
        running.splice(running.indexOf(server), 1);
        return { ok: true, value: name };
      });
    await Promise.all([ask('a', '1'), ask('a', '2'), ask('b', '3'), ask('a', '4')]);
    expect(seen.map(one => one.split(' ')[1])).to.deep.equal(['1', '1', '1', '1']);
    time = 5;
  });

  it('leaves a server alone for longer each time it fails, or for as long as it says, but a day at most', async () => {
    let time = 0;
    const polite = createPoliteness({ clock: () => time, gap: 10, pause: 1000 });
    const fail = (wait: number | null) => polite.ask('a', never, async () => ({ ok: false, why: 'down', wait }));
    const pauses: number[] = [];
    for (let i = 0; i < 14; i++) {
      await fail(null);
      pauses.push(polite.alone('a'));
      time += polite.alone('a');
    }
    expect(pauses.slice(0, 4)).to.deep.equal([1000, 2000, 4000, 8000]);
    expect(pauses.at(-1)).to.equal(3_600_000);
    await fail(1e12);
    expect(polite.alone('a')).to.equal(86_400_000);
    const refused = await polite.ask('a', never, async () => ({ ok: true, value: 1 }));
    expect(refused).to.deep.equal({ ok: false, why: 'down; it is asked again in 86400 s', wait: null });
    time += 86_400_000;
    expect((await polite.ask('a', never, async () => ({ ok: true, value: 1 }))).ok).to.equal(true);
    expect(polite.alone('a')).to.equal(0);
  });

  it('keeps nobody waiting who gives up, and asks nothing for him', async () => {
    const polite = createPoliteness({ clock: () => 0, gap: 0, pause: 1000 });
    let go = () => {};
    const gate = new Promise<void>(resolve => {
      go = resolve;
    });
    const first = polite.ask('a', never, async () => {
      await gate;
      return { ok: true, value: 1 };
    });
    const control = new AbortController();
    let asked = 0;
    const second = polite.ask('a', control.signal, async () => {
      asked++;
      return { ok: true, value: 2 };
    });
    control.abort();
    expect(await second).to.deep.equal({ ok: false, why: 'given up', wait: null });
    go();
    expect((await first).ok).to.equal(true);
    expect((await polite.ask('a', never, async () => ({ ok: true, value: 3 }))).ok).to.equal(true);
    expect(asked).to.equal(0);
  });

  it('lets only so many wait, and outlives a question that throws', async () => {
    const polite = createPoliteness({ clock: () => 0, gap: 0, pause: 1000 });
    let go = () => {};
    const gate = new Promise<void>(resolve => {
      go = resolve;
    });
    const asking = Array.from({ length: 40 }, () =>
      polite.ask('a', never, async () => {
        await gate;
        return { ok: true, value: 1 };
      }),
    );
    go();
    const answers = await Promise.all(asking);
    expect(answers.filter(({ ok }) => ok)).to.have.length(32);
    const thrown = await polite.ask('b', never, async () => {
      throw new Error('oops');
    });
    expect(thrown).to.deep.equal({ ok: false, why: 'oops', wait: null });
  });
});
