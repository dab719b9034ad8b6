/** What an operator orders of sessions and of the whole, and what the others learn of it. */
import { expect } from 'chai';
import { CODES } from '../../src/traceback/wire.ts';
import { type Ases, asked, dialRaw, establishRaw, newAses, probeAnswer, sawFrom, scripted, until } from './ases.ts';
import { makeAuthority } from './certificates.ts';

const BY = 'root (pid 1)';

describe('traceback: taking part, as the operator orders', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  const row = (as: number, peer: number) =>
    ases
      .at(as)
      .traceback.status()
      .find(one => one.as === peer)!;
  const order = (as: number, what: Parameters<ReturnType<Ases['at']>['traceback']['order']>[0]) =>
    ases.at(as).traceback.order(what, BY);
  const two = async () => {
    await ases.start({ as: 64500, peers: [64501] });
    await ases.start({ as: 64501, peers: [64500] });
    await ases.link();
  };
  const up = () => row(64500, 64501).state === 'Established' && row(64501, 64500).state === 'Established';

  it('tells the peer why its session is held down, whenever it dials, and begins again when it may', async function () {
    this.timeout(240_000);
    await two();
    expect(order(64500, { what: 'disable', peer: 64501, reason: 'fibre works until 04:00' })).to.match(/is disabled/);
    await until(() => row(64501, 64500).said === 'shutdown: fibre works until 04:00', 'the words at the peer');
    // It dials again and is told again: the words stay.
    const lines = () => ases.at(64501).log.filter(line => line.includes('peer says shutdown: fibre works'));
    await until(() => lines().length >= 3, 'the words once more');
    expect(row(64501, 64500)).to.include({ disabled: null, said: 'shutdown: fibre works until 04:00' });
    expect(row(64500, 64501)).to.deep.include({ state: 'Idle', said: '' });
    expect(row(64500, 64501).disabled).to.include({ by: BY, reason: 'fibre works until 04:00' });
    expect(order(64500, { what: 'disable', peer: 64501, reason: '' })).to.match(/already/);
    expect(() => order(64500, { what: 'clear', peer: 64501, reason: '' })).to.throw(/disabled by root/);

    // A reload changes nothing of it.
    await ases.at(64500).reconfigure(ases.at(64500).config());
    expect(row(64500, 64501).disabled).to.not.equal(null);
    const { tree } = await ases.at(64500).traceback.startTrace(asked, () => {});
    expect(tree.children.map(({ verdict, reason }) => [verdict, reason])).to.deep.equal([
      ['unreachable', 'no session'],
    ]);

    expect(order(64500, { what: 'enable', peer: 64501 })).to.equal('the session is enabled');
    await until(up, 'the session again');
    expect(row(64501, 64500).said).to.equal('');
    expect(order(64500, { what: 'enable', peer: 64501 })).to.match(/is not disabled/);
    expect(ases.at(64500).audit.map(line => line.what)).to.include.members(['peer.disable', 'peer.enable']);
  });

  it('resets a session with words', async function () {
    this.timeout(240_000);
    await two();
    order(64500, { what: 'clear', peer: 64501, reason: 'new policy' });
    await until(() => ases.at(64501).log.some(line => line.includes('peer says reset: new policy')));
    await until(up, 'the session again');
  });

  it('refuses words that would not be shown, and ASes that are no peers', async () => {
    await ases.start({ as: 64500, peers: [] });
    const disable = (reason: string) => () => order(64500, { what: 'disable', reason });
    expect(disable('x'.repeat(201))).to.throw(/more than 200 octets/);
    expect(disable('ä'.repeat(101))).to.throw(/more than 200 octets/);
    expect(disable('a\u202eb')).to.throw(/not shown/);
    expect(() => order(64500, { what: 'clear', peer: 64999, reason: '' })).to.throw('AS64999 is no traceback peer');
  });

  /** Three ASes of one federation in a row, and a fourth that is a member and no peer. */
  const federation = async () => {
    const authority = makeAuthority('jp-isp');
    await ases.start({ as: 64500, peers: [64501], federation: { authority } });
    await ases.start({ as: 64501, peers: [64500, 64502], federation: { authority } });
    await ases.start({ as: 64502, peers: [64501], federation: { authority } });
    await ases.link();
    await until(() => known(64502, 64500) === false && known(64500, 64502) === false, 'records everywhere');
  };
  /** What an AS knows of another: whether it has withdrawn; null: nothing. */
  const known = (as: number, other: number) =>
    ases
      .at(as)
      .traceback.participants()
      .find(one => one.as === other)?.withdrawn ?? null;

  it('withdraws: everybody knows within one flood, and nothing is asked or answered until it takes part again', async function () {
    this.timeout(240_000);
    await federation();
    expect(order(64500, { what: 'disable', reason: 'we move' })).to.match(/takes no part until/);
    await until(() => known(64501, 64500) === true && known(64502, 64500) === true, 'the withdrawal two ASes away');
    expect(row(64501, 64500).said).to.equal('shutdown: we move');
    expect(row(64502, 64501).state, 'others are not touched').to.equal('Established');
    const refused = await ases
      .at(64500)
      .traceback.startTrace(asked, () => {})
      .then(
        () => '',
        (error: Error) => error.message,
      );
    expect(refused).to.match(/takes no part in traces: disabled by root/);
    expect(() => order(64500, { what: 'enable', peer: 64501 })).to.throw(/takes no part/);

    order(64500, { what: 'enable' });
    await until(() => row(64500, 64501).state === 'Established', 'the session again');
    await until(() => known(64501, 64500) === false && known(64502, 64500) === false, 'that it takes part again');
  });

  it('counts a peer that has withdrawn as one that takes no part', async function () {
    this.timeout(240_000);
    await ases.start({ as: 64500, peers: [64501], probes: scripted(probeAnswer([sawFrom(64501)])) });
    await ases.start({ as: 64501, peers: [64500] });
    await ases.link();
    await until(() => known(64500, 64501) === false);
    ases.at(64501).traceback.close(true);
    await until(() => known(64500, 64501) === true && row(64500, 64501).state !== 'Established');
    const { tree } = await ases.at(64500).traceback.startTrace(asked, () => {});
    expect(tree.children.map(({ as, verdict, reason }) => [as, verdict, reason.split(';')[0]])).to.deep.equal([
      [64501, 'absent', 'takes part no more'],
    ]);
  });

  it('says that it takes part no more before the last word of each session', async () => {
    const identity = ases.strange(64501);
    const one = await ases.start({ as: 64500, peers: [64501] });
    await ases.link();
    const raw = await dialRaw(one.port, identity);
    await establishRaw(raw, 64501);
    one.traceback.close(true);
    await raw.closed;
    expect(raw.messages.slice(-2).map(({ type, code = null, text = '' }) => [type, code, text])).to.deep.equal([
      ['announce', null, ''],
      ['notification', CODES.shutdown, 'this AS takes part no more'],
    ]);
  });
});
