import { expect } from 'chai';
import { type AskWhois, askWhois, mayFollow, whoisContacts } from '../../../src/notify/contacts/whois.ts';
import { readWhoisAnswer, referralIn } from '../../../src/notify/contacts/whois-answer.ts';
import type { WhoisHost } from '../../../src/registry/whois/client.ts';
import { type SmallServer, whoisServer } from './servers.ts';

const never = new AbortController().signal;
const ask: AskWhois = (server, query) => askWhois(server, query, never);
const textOf = async (...args: Parameters<typeof askWhois>) => {
  const answer = await askWhois(...args);
  return answer.ok ? answer.value : answer.why;
};

const RIPE = `% This is a comment.
% Abuse contact for 'AS64666' is 'abuse@example.net'

aut-num:        AS64666
as-name:        EXAMPLE-AS
admin-c:        AD1-EX
tech-c:         NOC1-EX
tech-c:         GONE-EX

role:           Example NOC
e-mail:         noc@example.net
phone:          +81 3 0000 0000
fax-no:         +81 3 0000 0001
nic-hdl:        NOC1-EX

person:         Admin Person
phone:          +81-3-0000-0002
nic-hdl:        AD1-EX
`;
const ARIN = `ASNumber:       64666
ASName:         EXAMPLE-AS
OrgAbuseHandle: ABUSE1-ARIN
OrgAbuseName:   Abuse Desk
OrgAbusePhone:  +1-555-555-0100
OrgAbuseEmail:  abuse@example.net
OrgTechHandle:  TECH1-ARIN
OrgTechEmail:   tech@example.net
OrgNOCEmail:    noc@example.net
`;
const JPNIC = `[ JPNIC database provides information regarding IP address and ASN. ]

Autonomous System Information:
a. [AS Number]                  64666
b. [AS Name]                    EXAMPLE
f. [Organization]               Example Inc.
m. [Administrative Contact]     JP00000001
n. [Technical Contact]          JP00000002
[Abuse]                         abuse@example.jp
`;

const brief = (text: string) =>
  readWhoisAnswer(text).contacts.map(({ role, name, handle, emails, phones }) =>
    [role, name, handle, ...emails, ...phones].filter(one => one !== '').join(' '),
  );

describe('notify/contacts/whois', () => {
  const open: SmallServer[] = [];
  const serve = async (...args: Parameters<typeof whoisServer>) => {
    const server = await whoisServer(...args);
    open.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map(server => server.close()));
  });

  it('reads RPSL, with what each person is to the AS', () => {
    expect(brief(RIPE)).to.deep.equal([
      'abuse abuse@example.net',
      'technical Example NOC NOC1-EX noc@example.net +81 3 0000 0000',
      'technical GONE-EX',
      'administrative Admin Person AD1-EX +81-3-0000-0002',
    ]);
    expect(readWhoisAnswer(RIPE).name).to.equal('EXAMPLE-AS');
  });

  it("reads ARIN's and JPNIC's manners", () => {
    expect(brief(ARIN)).to.deep.equal([
      'noc noc@example.net',
      'abuse Abuse Desk ABUSE1-ARIN abuse@example.net +1-555-555-0100',
      'technical TECH1-ARIN tech@example.net',
    ]);
    expect(brief(JPNIC)).to.deep.equal([
      'abuse Example Inc. abuse@example.jp',
      'technical JP00000002',
      'administrative JP00000001',
    ]);
  });

  it('takes nothing for an address or number that is none, and no control character', () => {
    const contacts = readWhoisAnswer(
      'role: Evil\u001b[2J\u202e NOC\ne-mail: a@b\r\ne-mail: noc@example.net\n\ne-mail: "x"@example.net\nphone: call me\n',
    ).contacts;
    expect(contacts).to.have.length(1);
    expect(contacts[0]!.name).to.equal('Evil [2J NOC');
    expect(contacts[0]!.emails).to.deep.equal(['noc@example.net']);
  });

  it('bounds what it reads', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `role: R${i}\ne-mail: a${i}@example.net\n\n`).join('');
    expect(readWhoisAnswer(many).contacts).to.have.length(16);
    expect(readWhoisAnswer(`role: ${'x'.repeat(100_000)}\ne-mail: a@example.net\n`).contacts[0]!.name).to.have.length(
      160,
    );
  });

  it('knows where it is referred to', () => {
    expect(referralIn('refer:        whois.example.net\n')).to.deep.equal({ host: 'whois.example.net', port: 43 });
    expect(referralIn('ReferralServer:  whois://whois.example.net:4343\n')?.port).to.equal(4343);
    expect(referralIn('ReferralServer:  rwhois://rwhois.example.net:4321\n')).to.equal(null);
    expect(referralIn('refer: evil host\nrefer: -x\nrefer: a:99999\n')).to.equal(null);
    const may = (host: string, port = 43) => mayFollow({ host, port });
    expect(['whois.example.net'].filter(one => may(one))).to.have.length(1);
    expect(['127.0.0.1', 'localhost', '::1', '10.0.0.1', 'router', '0x7f.1'].filter(one => may(one))).to.deep.equal([]);
    expect(may('whois.example.net', 25)).to.equal(false);
  });

  it('asks in one line, and follows a referral, the nearest answer first', async () => {
    const rir = await serve((_, socket) => socket.end(RIPE));
    const iana = await serve((_, socket) => socket.end(`refer: 127.0.0.1:${rir.port}\n\nas-name: IANA-BLOCK\n`));
    const follow = ({ port }: WhoisHost) => port === rir.port;
    const answer = await whoisContacts(iana, { as: 64666 }, ask, follow);
    expect(answer.ok && answer.value.name).to.equal('EXAMPLE-AS');
    expect(answer.ok && answer.value.contacts[0]!.role).to.equal('abuse');
    expect([iana.asked, rir.asked]).to.deep.equal([['AS64666'], ['AS64666', 'GONE-EX']]);
    await whoisContacts(rir, { prefix: '2001:DB8::/32' }, ask);
    expect(rir.asked).to.include('2001:db8::/32');
  });

  it('asks for persons of whom only the handle was told, three at most', async () => {
    const server = await serve((query, socket) =>
      socket.end(
        query === 'AS64666'
          ? `${JPNIC}n. [Technical Contact]          JP00000003\nn. [Technical Contact]          JP00000004\n`
          : query === 'JP00000002'
            ? 'Group Contact Information:\n[Group Handle]                  JP00000002\n[Group Name]                    Example NOC\n[E-Mail]                        noc@example.jp\n[TEL]                           03-0000-0000\n'
            : 'No match!!\n',
      ),
    );
    const answer = await whoisContacts(server, { as: 64666 }, ask);
    const contacts = answer.ok ? answer.value.contacts : [];
    expect(
      contacts.map(({ role, name, handle, emails, phones }) => [role, name, handle, ...emails, ...phones]),
    ).to.deep.equal([
      ['abuse', 'Example Inc.', '', 'abuse@example.jp'],
      ['technical', 'Example NOC', 'JP00000002', 'noc@example.jp', '03-0000-0000'],
      ['technical', '', 'JP00000003'],
      ['technical', '', 'JP00000004'],
      ['administrative', '', 'JP00000001'],
    ]);
    expect(server.asked).to.deep.equal(['AS64666', 'JP00000002', 'JP00000003', 'JP00000004']);
  });

  it('goes in no circle, and keeps what the first said when the second fails', async () => {
    const ring: SmallServer = await serve((_, socket) => socket.end(`refer: 127.0.0.1:${ring.port}\n${ARIN}`));
    const answer = await whoisContacts(ring, { as: 64666 }, ask, () => true);
    expect(answer.ok && answer.value.contacts).to.have.length(3);
    expect(ring.asked).to.have.length(1);
    const lame = await serve((_, socket) => socket.end(`refer: 127.0.0.1:1\n${ARIN}`));
    const kept = await whoisContacts(lame, { as: 64666 }, ask, () => true);
    expect(kept.ok && kept.value.contacts).to.have.length(3);
  });

  it('gives up a server that is silent, that never ends, or that answers without bound', async () => {
    // Where one limit is looked at the others are far.
    const far = { silence: 60_000, total: 60_000, octets: 10_000 };
    const why = (server: SmallServer, near: Partial<typeof far> = {}) =>
      textOf(server, 'AS1', never, { ...far, ...near });
    const silent = await serve(() => {});
    expect(await why(silent, { silence: 100 })).to.match(/no answer for 0.1 s$/);
    const drip = await serve((_, socket) => {
      const timer = setInterval(() => socket.write('.'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await why(drip, { total: 400 })).to.match(/it goes on for 0.4 s$/);
    const flood = await serve((_, socket) => {
      const more = () => {
        while (socket.write('x'.repeat(1000)));
        socket.once('drain', more);
      };
      more();
    });
    expect(await why(flood)).to.match(/more than 10000 octets$/);
    const gone = await serve((_, socket) => socket.resetAndDestroy());
    expect(await why(gone)).to.match(/ECONNRESET|closed/);
    const control = new AbortController();
    const waiting = textOf(silent, 'AS1', control.signal, far);
    control.abort();
    expect(await waiting).to.match(/given up$/);
  });

  it("reads JPNIC's ISO-2022-JP, and octets that are no text", async () => {
    const octets = Buffer.concat([
      Buffer.from('a. ['),
      Buffer.from('1b244248566966', 'hex'),
      Buffer.from('1b2842', 'hex'),
      Buffer.from('] 64666\r\n[Abuse] abuse@example.jp\r\n'),
    ]);
    const server = await serve((query, socket) => socket.end(query === 'x' ? octets : Buffer.from([0xff, 0xfe, 0x0a])));
    expect(await textOf(server, 'x', never)).to.include('abuse@example.jp');
    expect(readWhoisAnswer(await textOf(server, 'y', never)).contacts).to.deep.equal([]);
  });
});
