import { expect } from 'chai';
import { createReach, type MailHosts } from '../../src/notify/reach.ts';

/** A DNS of constants that counts what it is asked; a name that is not there fails. */
function dns(
  mx: Readonly<Record<string, readonly string[]>>,
  addresses: Readonly<Record<string, readonly string[]>>,
): MailHosts & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async mx(domain) {
      asked.push(`mx ${domain}`);
      if (mx[domain] === undefined) throw new Error('SERVFAIL');
      return mx[domain].map((exchange, i) => ({ exchange, priority: 10 * (mx[domain]!.length - i) }));
    },
    async addresses(host) {
      asked.push(`a ${host}`);
      if (addresses[host] === undefined) throw new Error('SERVFAIL');
      return addresses[host];
    },
  };
}

describe('notify/reach', () => {
  const hosts = () =>
    dns(
      {
        'inside.example': ['mx1.inside.example', 'mx2.inside.example.'],
        'half.example': ['mx1.inside.example', 'mx.outside.example'],
        'outside.example': ['mx.outside.example'],
        'plain.example': [],
        'null.example': [''],
        'broken.example': ['mx.broken.example'],
        'six.example': ['mx.six.example'],
        'empty.example': ['mx.empty.example'],
      },
      {
        'mx1.inside.example': ['192.0.2.1'],
        'mx2.inside.example': ['192.0.2.200', '192.0.2.201'],
        'mx.outside.example': ['198.51.100.1'],
        'plain.example': ['192.0.2.9'],
        'mx.six.example': ['2001:db8::25', '192.0.2.3'],
        'mx.empty.example': [],
      },
    );
  const cutOff = async (prefix: string, ...recipients: string[]) =>
    (await createReach(hosts()).cutOff(recipients, prefix)).map(({ address }) => address);

  it('names those of whom every mail host lies in the prefix', async () => {
    const found = await createReach(hosts()).cutOff(['a@inside.example', 'b@half.example'], '192.0.2.0/24');
    expect(found).to.deep.equal([{ address: 'a@inside.example', hosts: ['mx2.inside.example', 'mx1.inside.example'] }]);
  });

  const cases: readonly (readonly [what: string, prefix: string, recipient: string, cut: boolean])[] = [
    ['a host outside', '192.0.2.0/24', 'a@outside.example', false],
    ['a part of the hosts', '192.0.2.0/25', 'a@inside.example', false],
    ['a domain without MX, by its own address', '192.0.2.0/24', 'a@plain.example', true],
    ['a domain that takes no mail', '192.0.2.0/24', 'a@null.example', false],
    ['a host whose address is not to be had', '192.0.2.0/24', 'a@broken.example', false],
    ['a domain that is not to be had', '192.0.2.0/24', 'a@gone.example', false],
    ['a host with an address of the other family', '192.0.2.0/24', 'a@six.example', false],
    ['hosts without any address', '192.0.2.0/24', 'a@empty.example', false],
    ['a prefix that is none', 'nonsense', 'a@inside.example', false],
  ];
  for (const [what, prefix, recipient, cut] of cases)
    it(`${cut ? 'warns' : 'does not warn'} of ${what}`, async () => {
      expect(await cutOff(prefix, recipient)).to.deep.equal(cut ? [recipient] : []);
    });

  it('remembers what it has found for an hour, and what it has not for five minutes', async () => {
    let now = 0;
    const resolver = hosts();
    const reach = createReach(resolver, () => now);
    const ask = () => reach.cutOff(['a@plain.example', 'b@PLAIN.example', 'c@gone.example'], '192.0.2.0/24');
    await ask();
    expect(resolver.asked).to.deep.equal(['mx plain.example', 'mx gone.example', 'a plain.example']);
    now = 200_000;
    await ask();
    expect(resolver.asked).to.have.length(3);
    now = 400_000;
    await ask();
    expect(resolver.asked.slice(3)).to.deep.equal(['mx gone.example']);
    now = 3_700_000;
    await ask();
    expect(resolver.asked.slice(4).sort()).to.deep.equal(['a plain.example', 'mx gone.example', 'mx plain.example']);
  });

  it('asks for no more domains at a time than it should', async () => {
    let now = 0;
    let most = 0;
    const slow: MailHosts = {
      async mx() {
        most = Math.max(most, ++now);
        await new Promise(done => setImmediate(done));
        now--;
        return [];
      },
      addresses: async () => ['192.0.2.1'],
    };
    const recipients = Array.from({ length: 64 }, (_, i) => `a@d${i}.example`);
    expect(await createReach(slow).cutOff(recipients, '192.0.2.0/24')).to.have.length(64);
    expect(most).to.be.at.most(8);
  });
});
