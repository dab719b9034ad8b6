import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { getJson, retryAfter } from '../../../src/notify/contacts/get-json.ts';
import { createPoliteness } from '../../../src/notify/contacts/politeness.ts';
import { rdapBootstrap, rdapContacts } from '../../../src/notify/contacts/rdap.ts';
import { readRdapAnswer } from '../../../src/notify/contacts/rdap-answer.ts';
import { rdapQuery, rdapServerFor } from '../../../src/notify/contacts/rdap-bootstrap.ts';
import { autnum, httpServer, json, type SmallServer } from './servers.ts';

const never = new AbortController().signal;
const bootstrap = (services: unknown) => ({ version: '1.0', publication: '2026-01-01T00:00:00Z', services });

/** RFC 9224 sections 5.1 to 5.3, with addresses and names of its own examples' form. */
const V4 = bootstrap([
  [['198.51.100.0/24', '192.0.0.0/8'], ['https://rir1.example/myrdap/']],
  [
    ['203.0.113.0/24', '192.0.2.0/24'],
    ['http://example.org/', 'https://example.org/'],
  ],
  [['203.0.113.0/28'], ['http://example.net/rdaprir2/']],
]);
const ASN = bootstrap([
  [['64496-64496'], ['https://rir3.example/myrdap/']],
  [['64497-64510', '65536-65551'], ['https://example.org/']],
]);

describe('notify/contacts/rdap', () => {
  const open: SmallServer[] = [];
  const serve = async (...args: Parameters<typeof httpServer>) => {
    const server = await httpServer(...args);
    open.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map(server => server.close()));
  });
  const polite = () => createPoliteness({ clock: () => performance.now(), gap: 0, pause: 60_000 });

  it('finds the server by the longest prefix or the range of ASes, https before http, and no unsafe one', () => {
    const of = (file: unknown, subject: Parameters<typeof rdapServerFor>[1]) => {
      const found = rdapServerFor(file, subject);
      return typeof found === 'string' ? found : (found.url?.href ?? null);
    };
    expect(of(V4, { prefix: '192.0.2.0/25' })).to.equal('https://example.org/');
    expect(of(V4, { prefix: '192.1.0.0/16' })).to.equal('https://rir1.example/myrdap/');
    expect(of(V4, { prefix: '203.0.113.0/29' }), 'plain http elsewhere').to.equal(null);
    expect(of(V4, { prefix: '10.0.0.0/8' })).to.equal(null);
    expect(of(ASN, { as: 64496 })).to.equal('https://rir3.example/myrdap/');
    expect(of(ASN, { as: 65551 })).to.equal('https://example.org/');
    expect(of(ASN, { as: 64511 })).to.equal(null);
    const near = bootstrap([[['1'], ['http://127.0.0.1:8080/']]]);
    expect(of(near, { as: 1 }), 'a list from elsewhere').to.equal(null);
    expect(rdapServerFor(near, { as: 1 }, true)).to.deep.include({ url: new URL('http://127.0.0.1:8080/') });
    expect(of({}, { as: 1 })).to.match(/no bootstrap file/);
    expect(
      of(bootstrap([null, [[1], ['x']], [['1-9'], [5, 'file:///etc/passwd', 'javascript:1']]]), { as: 1 }),
    ).to.equal(null);
  });

  it('asks as RFC 9082 says', () => {
    const server = new URL('https://rdap.example/base');
    expect(rdapQuery(server, { as: 64500 }).href).to.equal('https://rdap.example/base/autnum/64500');
    expect(rdapQuery(server, { prefix: '2001:DB8:0::/32' }).href).to.equal(
      'https://rdap.example/base/ip/2001:db8::/32',
    );
  });

  it('reads the contacts of an autnum, those of entities in entities too', () => {
    const answer = readRdapAnswer(autnum(64666), { as: 64666 });
    expect(answer).to.deep.equal({
      name: 'EXAMPLE-AS, Example Inc.',
      contacts: [
        { role: 'noc', name: 'Example NOC', handle: 'NOC1', emails: ['noc@example.net'], phones: [] },
        {
          role: 'abuse',
          name: 'Abuse Desk',
          handle: 'ABUSE1',
          emails: ['abuse@example.net'],
          phones: ['+1-555-555-0100 ext. 102'],
        },
        { role: 'other', name: 'Example Inc.', handle: 'EXAMPLE-ORG', emails: [], phones: [] },
      ],
      present: [],
    });
    expect(readRdapAnswer(autnum(64667), { as: 64666 })).to.equal('its answer is about AS64667-AS64667');
    expect(readRdapAnswer(autnum(64666), { prefix: '192.0.2.0/24' })).to.match(/another class/);
  });

  it('takes the answer about a network that has the prefix, and no other', () => {
    const network = (startAddress: string, endAddress: string) => ({
      ...{ objectClassName: 'ip network', name: 'NET', startAddress, endAddress },
      entities: autnum(1).entities,
    });
    const read = (from: string, to: string, prefix: string) => {
      const answer = readRdapAnswer(network(from, to), { prefix });
      return typeof answer === 'string' ? answer : answer.contacts.length;
    };
    expect(read('192.0.2.0', '192.0.2.255', '192.0.2.0/24')).to.equal(3);
    expect(read('192.0.0.0', '192.255.255.255', '192.0.2.128/25')).to.equal(3);
    expect(read('2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8:7::/48')).to.equal(3);
    expect(read('192.0.2.0', '192.0.2.127', '192.0.2.0/24')).to.equal('its answer is about other addresses');
    expect(read('198.51.100.0', '198.51.100.255', '192.0.2.0/24')).to.equal('its answer is about other addresses');
    expect(read('2001:db8::', '2001:db8::ffff', '192.0.2.0/24')).to.equal('its answer is about other addresses');
    expect(read('nonsense', '', '192.0.2.0/24'), 'it need not say so').to.equal(3);
  });

  it('takes any JSON for what it is, and never throws', () => {
    let deep: unknown = { roles: ['noc'], entities: [] };
    for (let i = 0; i < 5000; i++) deep = { roles: ['noc'], handle: 'x', entities: [deep, deep] };
    expect(readRdapAnswer({ objectClassName: 'autnum', entities: [deep] }, { as: 1 })).to.be.an('object');
    const hostile = {
      objectClassName: 'autnum',
      name: '\u0000\r\nBcc: x',
      entities: [
        { roles: ['noc'], vcardArray: ['vcard', [['email', {}, 'text', 'a@example.net\r\nBcc: b@example.net']]] },
      ],
    };
    const read = readRdapAnswer(hostile, { as: 1 });
    expect(JSON.stringify(read)).not.to.match(/\\r|\\n|\\u0000/);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, entities) => {
        readRdapAnswer(value, { as: 1 });
        readRdapAnswer({ objectClassName: 'ip network', entities }, { prefix: '192.0.2.0/24' });
        readRdapAnswer(
          { objectClassName: 'autnum', entities: [{ roles: ['noc'], vcardArray: ['vcard', entities] }] },
          { as: 1 },
        );
        rdapServerFor(value, { as: 1 });
        rdapServerFor(bootstrap(entities), { prefix: '192.0.2.0/24' });
      }),
    );
  });

  it('asks the server that the bootstrap files name, of a directory or of a server', async () => {
    const rdap = await serve((_, response) => json(response, autnum(64500), 200, 'application/rdap+json'));
    const file = bootstrap([[['64497-64510'], [rdap.url]]]);
    const directory = mkdtempSync(join(tmpdir(), 'rdap-'));
    writeFileSync(join(directory, 'asn.json'), JSON.stringify(file));
    const iana = await serve((path, response) => json(response, path === '/rdap/asn.json' ? file : {}, 200));
    for (const place of [directory, `${iana.url}rdap`]) {
      const found = await rdapBootstrap(place, polite(), Date.now).ask({ as: 64500 }, never);
      expect(found.ok && found.value.contacts[0]!.emails).to.deep.equal(['noc@example.net']);
    }
    expect(rdap.asked).to.deep.equal(['/autnum/64500', '/autnum/64500']);
    const lost = await rdapBootstrap(directory, polite(), Date.now).ask({ as: 1 }, never);
    expect(lost.ok ? '' : lost.why).to.equal('the bootstrap files name no server for it');
    const none = await rdapBootstrap(directory, polite(), Date.now).ask({ prefix: '2001:db8::/32' }, never);
    expect(none.ok ? '' : none.why).to.match(/ipv6.json: ENOENT/);
    rmSync(directory, { recursive: true });
  });

  it('asks for a bootstrap file once a day', async () => {
    let day = 0;
    const iana = await serve((_, response) => json(response, ASN));
    const of = rdapBootstrap(iana.url, polite(), () => day * 86_400_000);
    for (day of [0, 0.5, 0.9, 1.2]) await of.ask({ as: 1 }, never);
    expect(iana.asked).to.deep.equal(['/asn.json', '/asn.json']);
  });

  it('knows a server that has nothing, and says what else goes wrong', async () => {
    const big = JSON.stringify({ x: 'x'.repeat(3 << 20) });
    const said: Readonly<Record<string, (response: Parameters<Parameters<typeof httpServer>[0]>[1]) => void>> = {
      '/autnum/1': response => json(response, { errorCode: 404 }, 404),
      '/autnum/2': response => json(response, { errorCode: 400 }, 400),
      '/autnum/3': response => response.end('<html>'),
      '/autnum/4': response => response.end(big),
      '/autnum/5': response => response.writeHead(302, { location: '/autnum/5' }).end(),
      '/autnum/6': response => response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
      '/autnum/7': response => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      '/autnum/8': response => response.writeHead(429, { 'retry-after': '120' }).end(),
      '/autnum/9': response => response.destroy(),
      '/autnum/10': response => response.writeHead(301, { location: '/autnum/11' }).end(),
      '/autnum/11': response => json(response, autnum(10)),
    };
    const server = await serve((path, response) => said[path]!(response));
    const ask = async (as: number) => rdapContacts(new URL(server.url), { as }, never);
    const why = async (as: number) => {
      const answer = await ask(as);
      return answer.ok ? 'ok' : answer.why;
    };
    expect(await ask(1)).to.deep.equal({ ok: true, value: { name: '', contacts: [], present: [] } });
    expect(await why(2)).to.equal('the server answers with status 400');
    expect(await why(3)).to.equal('its answer is no JSON');
    expect(await why(4)).to.equal('it answers with more than 2097152 octets');
    expect(await why(5)).to.equal('it redirects more than 3 times');
    expect(await why(6)).to.equal('it redirects to where nothing is asked');
    expect(await why(7)).to.equal('it redirects to where nothing is asked');
    expect(await ask(8)).to.deep.equal({ ok: false, why: 'status 429, it is asked too much', wait: 120_000 });
    expect(await why(9)).to.match(/socket hang up|ECONNRESET/);
    expect(await why(10)).to.equal('ok');
  });

  it('gives up a server that is silent or drips, and sends a key to nobody else', async () => {
    const limits = { octets: 1000, total: 400, silence: 100 };
    const silent = await serve(() => {});
    const why = async (server: SmallServer) => {
      const answer = await getJson(new URL(server.url), {}, never, limits);
      return answer.ok ? '' : answer.why;
    };
    expect(await why(silent)).to.equal('nothing came for 0.1 s');
    const drip = await serve((_, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await why(drip)).to.equal('it is not done within 0.4 s');
    const keys: (string | undefined)[] = [];
    const own = await serve((path, response, { headers }) => {
      keys.push(headers.authorization);
      path === '/' ? response.writeHead(302, { location: '/x' }).end() : json(response, {});
    });
    await getJson(new URL(own.url), { authorization: 'Api-Key k' }, never, limits);
    expect(keys).to.deep.equal(['Api-Key k', 'Api-Key k']);
  });

  it('reads Retry-After in seconds or as a date', () => {
    expect(retryAfter('7')).to.equal(7000);
    expect(retryAfter('Wed, 21 Oct 2026 07:28:00 GMT', Date.UTC(2026, 9, 21, 7, 27))).to.equal(60_000);
    expect(retryAfter('soon')).to.equal(60_000);
    expect(retryAfter(undefined)).to.equal(60_000);
  });
});
