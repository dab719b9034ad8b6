import { expect } from 'chai';
import fc from 'fast-check';
import { readRisRequest } from '../../src/control/ris-request.ts';

describe('control/ris-request', () => {
  const read = (value: unknown) => readRisRequest(JSON.stringify(value), 'rrc-tokyo.example.net');
  const subscribe = (data: unknown) => read({ type: 'ris_subscribe', data });

  it('reads a subscription with all that can be in it', () => {
    const asked = {
      ...{ host: 'rrc-tokyo', type: 'UPDATE', require: 'announcements', peer: '2001:DB8::1', path: '64500,64496$' },
      ...{ prefix: ['192.0.2.0/24', '2001:db8::/32'], moreSpecific: false, lessSpecific: true },
    };
    expect(subscribe({ ...asked, socketOptions: { includeRaw: true, acknowledge: true } })).to.deep.equal({
      what: 'subscribe',
      subscription: {
        asked,
        options: { includeRaw: true, acknowledge: true },
        filter: {
          ...{ type: 'UPDATE', require: 'announcements', peer: '2001:db8::1' },
          path: { ases: [64500, 64496], begin: false, end: true },
          ...{ prefixes: ['192.0.2.0/24', '2001:db8::/32'], moreSpecific: false, lessSpecific: true, raw: true },
        },
      },
    });
  });

  it('takes nothing and null for everything, and gives nothing of another collector', () => {
    const all = {
      ...{ type: null, require: null, peer: null, path: null, prefixes: null },
      ...{ moreSpecific: true, lessSpecific: false, raw: false },
    };
    for (const data of [undefined, null, {}, { prefix: null, host: null }, { host: 'RRC-Tokyo.example.net' }])
      expect(subscribe(data)).to.have.nested.property('subscription.filter').that.deep.equals(all);
    expect(subscribe({ host: 'rrc21' })).to.have.nested.property('subscription.filter', null);
  });

  it('knows the other requests', () => {
    expect(read({ type: 'ping' })).to.deep.equal({ what: 'ping' });
    expect(read({ type: 'request_rrc_list', data: null })).to.deep.equal({ what: 'list' });
    expect(read({ type: 'ris_unsubscribe', data: { prefix: '192.0.2.0/24' } })).to.deep.equal({
      what: 'unsubscribe',
      asked: { prefix: '192.0.2.0/24' },
    });
    expect(read({ type: 'ris_unsubscribe' })).to.deep.equal({ what: 'unsubscribe', asked: null });
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [[], 'expected an object with a "type"'],
    [{ data: {} }, 'expected an object with a "type"'],
    [{ type: 'wrong' }, 'Unknown command type'],
    [{ type: 'ris_subscribe', data: [] }, '"data" is no object'],
    [{ type: 'ris_subscribe', data: { prefixes: [] } }, 'unknown filter "prefixes"'],
    [{ type: 'ris_subscribe', data: { type: 'update' } }, '"type" is none of UPDATE, OPEN'],
    [{ type: 'ris_subscribe', data: { peer: 'tyo1' } }, '"peer" is no address'],
    [{ type: 'ris_subscribe', data: { path: '64500 64496' } }, '"path" is no list of AS numbers'],
    [{ type: 'ris_subscribe', data: { path: '4294967296' } }, '"path" is no list of AS numbers'],
    [{ type: 'ris_subscribe', data: { prefix: '192.0.2.1/24' } }, '"prefix" is no prefix'],
    [{ type: 'ris_subscribe', data: { prefix: Array(1001).fill('10.0.0.0/8') } }, 'more than 1000 prefixes'],
    [{ type: 'ris_subscribe', data: { moreSpecific: 1 } }, '"moreSpecific" and "lessSpecific" are true or false'],
    [{ type: 'ris_subscribe', data: { socketOptions: { raw: true } } }, 'unknown option "raw"'],
  ];
  for (const [value, message] of wrong)
    it(`refuses ${JSON.stringify(value).slice(0, 70)}`, () => {
      const found = read(value);
      expect(found.what).to.equal('wrong');
      expect(found).to.have.property('message').that.contains(message);
    });

  it('never fails, whatever it is told', () => {
    expect(readRisRequest('{', 'a')).to.deep.equal({ what: 'wrong', message: 'this is no JSON', command: null });
    const name = fc.constantFrom('host', 'type', 'require', 'peer', 'path', 'prefix', 'moreSpecific', 'socketOptions');
    fc.assert(fc.property(fc.dictionary(name, fc.jsonValue()), data => void subscribe(data)));
    fc.assert(fc.property(fc.string(), text => void readRisRequest(text, 'a')));
  });
});
