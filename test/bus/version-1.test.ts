/**
 * What machines of the first version put on the bus, octet by octet as they wrote it, is read by this one. A rolling upgrade
 * with the whole programs is `make testbed-upgrade`.
 */
import { expect } from 'chai';
import { decodeCaseMessage } from '../../src/bus/case-event.ts';
import { readAlive } from '../../src/bus/presence.ts';
import { readAskedOrder } from '../../src/daemon/asked-order.ts';

const octets = (text: string) => new TextEncoder().encode(text);

const CHANGE =
  '{"peer":"tyo1","peerAs":64497,"peerAddress":"192.0.2.9","prefix":"10.0.1.0/24","origin":64666,"kind":"origin",' +
  '"offender":64666,"ground":"AS64666 is not among AS64500","drawing":true,"what":"held","why":"update",' +
  '"time":1764446400000,"path":[64497,[64511,64512],64666],"state":"mismatch","decidedBy":"10.0.1.0/24"}';
const LEAK =
  '{"peer":"東京","peerAs":64497,"peerAddress":"2001:db8::9","prefix":"2001:db8:1::/48","origin":null,"kind":"leak",' +
  '"offender":null,"ground":"","what":"gone","why":"session","time":1764446400000,"path":[],"state":"unknown",' +
  '"decidedBy":"2001:db8::/32","beside":true,"rightly":2,"hadBy":64500,"blackhole":true}';
const EVENTS = [
  '{"what":"hello"}',
  `{"what":"judged","changes":[${CHANGE},${LEAK}]}`,
  '{"what":"session","peer":"tyo1"}',
  '{"what":"end-of-rib","peer":"tyo1","time":1764446400001}',
  '{"what":"forgotten","peer":"東京"}',
  '{"what":"peers","names":["tyo1","osa1"]}',
  '{"what":"registry"}',
  '{"what":"resync"}',
  '{"what":"resynced","up":["tyo1"],"whole":[]}',
];

describe('bus/version-1', () => {
  for (const [i, event] of EVENTS.entries())
    it(`reads ${JSON.parse(event).what}`, () => {
      const message = octets(`{"v":1,"life":1764446300000,"sequence":${i + 1},"events":[${event}]}`);
      expect(decodeCaseMessage(message)).to.deep.include({
        ...{ life: 1764446300000, sequence: i + 1 },
        events: [JSON.parse(event)],
      });
    });

  it('reads what a machine says of itself', () => {
    const said =
      '{"peers":2,"established":1,"routes":8348,"problems":["peer osa1 is down"],"version":"0.1.0",' +
      '"roles":["collector","cases","traceback"],"started":1764446300000,"published":1200,"waiting":0,"dropped":0,' +
      '"partitions":[0,2]}';
    expect(readAlive(octets(said))).to.deep.include(JSON.parse(said));
  });

  it('reads what is to be done with a case', () => {
    const asked =
      '{"ask":"mark","id":"2026-03-01-01","order":{"what":"dismiss","by":"hanako, process 7","reason":"a drill",' +
      '"until":1764446400000}}';
    expect(readAskedOrder(JSON.parse(asked))).to.deep.equal({
      id: '2026-03-01-01',
      order: { what: 'dismiss', by: 'hanako, process 7', reason: 'a drill', until: 1764446400000 },
    });
  });
});
