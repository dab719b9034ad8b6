import { expect } from 'chai';
import { type AskedSource, type LookUpParts, lookUp, lookUpSet } from '../../../src/registry/whois/look-up.ts';
import { type LesserServer, lesserServer } from './manners.ts';
import { bookOf, type Serving, serve, sourceOf } from './serving.ts';

const HERE = 'as-set: AS-HERE\nmembers: AS64496, AS-THERE\nsource: JPIRR\n';
const THERE =
  'as-set: AS-THERE\nmembers: AS64497\nsource: RADB\n\nroute: 192.0.2.0/24\norigin: AS64497\nsource: RADB\n';

describe('registry/whois/look-up', () => {
  let there: Serving;
  let ripe: LesserServer;
  let servers: readonly AskedSource[];
  const nobody: AskedSource = { host: '127.0.0.1', port: 1, source: 'ALTDB' };
  const here = sourceOf(bookOf('JPIRR', HERE));
  const parts = (more: Partial<LookUpParts> = {}): LookUpParts => ({
    mirrored: [here],
    servers,
    source: null,
    version: '1.2',
    signal: new AbortController().signal,
    ...more,
  });
  before(async () => {
    const source = sourceOf(bookOf('RADB', THERE));
    there = await serve(() => [source]);
    ripe = await lesserServer(there.port, 'RIPE');
    servers = [nobody, { host: '127.0.0.1', port: there.port, source: 'RADB' }];
  });
  after(async () => {
    ripe.close();
    await there.server.close();
  });
  const from = () => `127.0.0.1 port ${there.port}, RADB`;
  const refused = 'whois 127.0.0.1 port 1: connect ECONNREFUSED 127.0.0.1:1';

  it('answers from the mirror what that has, and asks nobody', async () => {
    expect(await lookUp('AS-HERE', parts())).to.deep.equal({
      query: 'AS-HERE',
      from: 'mirror',
      text: HERE,
      failures: [],
    });
    expect((await lookUp('!iAS-HERE', parts())).text).to.equal('AS-THERE AS64496\n');
    expect((await lookUpSet('AS-HERE', parts())).members).to.deep.equal([64496]);
  });
  it('asks the servers in turn for what the mirror has not, in the manner of the query', async () => {
    const found = await lookUp('!gAS64497', parts());
    expect(found).to.deep.equal({ query: '!gAS64497', from: from(), text: '192.0.2.0/24\n', failures: [refused] });
    const object = await lookUp('-x 192.0.2.0/24', parts());
    expect([object.from, object.text]).to.deep.equal([from(), THERE.split('\n\n')[1]]);
    const nothing = await lookUp('AS-NOWHERE', parts());
    expect([nothing.from, nothing.text, nothing.failures]).to.deep.equal(['', '', [refused]]);
  });
  it('looks at one source when told to', async () => {
    expect((await lookUp('AS-HERE', parts({ source: 'RADB' }))).from).to.equal('');
    expect((await lookUp('AS-THERE', parts({ source: 'RADB' }))).failures).to.deep.equal([]);
    expect((await lookUp('AS-THERE', parts({ source: 'JPIRR' }))).from).to.equal('');
  });
  it('expands a set of another server, and says how', async () => {
    const found = { set: 'AS-THERE', members: [64497], missing: [], refused: 0, stopped: '' };
    expect(await lookUpSet('AS-THERE', parts())).to.deep.equal({
      ...found,
      from: from(),
      by: 'recursion',
      failures: [refused],
    });
    const lesser = { host: '127.0.0.1', port: ripe.port, source: 'RADB' };
    expect(await lookUpSet('AS-THERE', parts({ servers: [lesser] }))).to.deep.include({ ...found, by: 'objects' });
    expect(await lookUpSet('AS-NOWHERE', parts())).to.deep.include({ by: null, from: '', members: [] });
  });
  it('says what is no query', async () => {
    const why = await lookUp('!x', parts()).catch((error: Error) => error.message);
    expect(why).to.equal('Unrecognised command: x');
  });
});
