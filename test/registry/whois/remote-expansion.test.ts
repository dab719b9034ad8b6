import { expect } from 'chai';
import { type ExpandedBy, expandRemotely } from '../../../src/registry/whois/remote-expansion.ts';
import { bgpq4, whyNoBgpq4 } from '../../interop/bgpq4.ts';
import { lesserServer, type Manner } from './manners.ts';
import { bookOf, type Serving, serve, sourceOf } from './serving.ts';

const object = (...lines: string[]) => `${lines.join('\n')}\n\n`;
const JPIRR = [
  object('as-set: AS-TOP', 'members: AS64496, AS64500:AS-SUB, AS-GONE', 'source: JPIRR'),
  object('as-set: AS64500:AS-SUB', 'members: AS64497,', '+ AS64498, AS-TOP', 'mbrs-by-ref: MAINT-A', 'source: JPIRR'),
  object('as-set: AS-EMPTY', 'source: JPIRR'),
  object('aut-num: AS64499', 'as-name: X', 'member-of: AS64500:AS-SUB', 'mnt-by: MAINT-A', 'source: JPIRR'),
  object('aut-num: AS64501', 'as-name: Y', 'member-of: AS64500:AS-SUB', 'mnt-by: MAINT-B', 'source: JPIRR'),
  ...Array.from({ length: 250 }, (_, i) => object(`as-set: AS-W${i}`, `members: AS${65000 + i}`, 'source: JPIRR')),
  object(
    'as-set: AS-WIDE',
    `members: ${Array.from({ length: 250 }, (_, i) => `AS-W${i}`).join(', ')}`,
    'source: JPIRR',
  ),
].join('');
const RADB = object('as-set: AS-TOP', 'members: AS64511', 'source: RADB');

describe('registry/whois/remote-expansion', () => {
  let serving: Serving;
  before(async () => {
    const sources = [sourceOf(bookOf('JPIRR', JPIRR)), sourceOf(bookOf('RADB', RADB))];
    serving = await serve(() => sources);
  });
  after(() => serving.server.close());

  const ways: readonly (readonly [Manner, ExpandedBy])[] = [
    ['whole', 'recursion'],
    ['no recursion', 'sets'],
    ['no recursion, which is a name', 'sets'],
    ['RIPE', 'objects'],
  ];
  for (const [manner, by] of ways) {
    const expand = async (set: string, sources: readonly string[] = []) => {
      const { port, close, lines } = await lesserServer(serving.port, manner);
      const found = await expandRemotely({ server: { host: '127.0.0.1', port }, set, sources }).finally(close);
      return { found, lines };
    };
    it(`expands by ${by} what a server has (${manner})`, async () => {
      const { found } = await expand('as-top');
      expect(found).to.deep.equal({
        members: [64496, 64497, 64498, 64499],
        by,
        missing: by === 'recursion' ? [] : ['AS-GONE'],
        refused: 0,
        stopped: '',
      });
      expect((await expand('AS-TOP', ['RADB', 'JPIRR'])).found?.members).to.deep.equal([64511]);
      expect((await expand('AS-WIDE')).found?.members).to.have.lengthOf(250);
      expect((await expand('AS-NOWHERE')).found).to.equal(null);
    });
    it(`comes to what bgpq4 comes to (${manner})`, async function () {
      const why = whyNoBgpq4();
      if (why !== null) {
        console.log(`      ${why}`);
        this.skip();
      }
      for (const set of ['AS-TOP', 'AS64500:AS-SUB', 'AS-WIDE', 'AS-EMPTY', 'AS-NOWHERE']) {
        // bgpq4 follows sets by recursion, or with -L set by set; RIPE's manner it does not know.
        const recorder = await lesserServer(serving.port, 'whole');
        const words = by === 'recursion' ? [] : ['-L', '9'];
        const { stdout } = await bgpq4(`127.0.0.1:${recorder.port}`, '-t', '-j', '-l', 'x', ...words, set);
        recorder.close();
        const { found, lines } = await expand(set);
        expect(found?.members ?? [], set).to.deep.equal((JSON.parse(stdout) as { x: number[] }).x);
        const asked = (all: readonly string[]) => all.filter(line => line.startsWith('!i')).sort();
        if (manner === 'whole' && found !== null) expect(asked(lines), set).to.deep.equal(asked(recorder.lines));
        if (manner === 'no recursion')
          expect(asked(lines.filter(line => !line.endsWith(',1'))), set).to.deep.equal(asked(recorder.lines));
      }
    });
  }
  it('stops at its bounds, and says so', async () => {
    const { port, close } = await lesserServer(serving.port, 'no recursion');
    const question = { server: { host: '127.0.0.1', port }, set: 'AS-WIDE', sources: [] };
    const few = (sets: number, members: number) =>
      expandRemotely({ ...question, expansion: { depth: 9, sets, members } });
    expect((await few(10, 1000))?.stopped).to.equal('more than 10 sets');
    expect((await few(1000, 10))?.stopped).to.equal('more than 10 members');
    close();
  });
  it('says what it cannot ask', async () => {
    const server = { host: '127.0.0.1', port: serving.port };
    const why = (set: string, sources: readonly string[]) =>
      expandRemotely({ server, set, sources }).catch((error: Error) => error.message);
    expect(await why('AS-TOP', ['X'])).to.match(/^whois 127.0.0.1 port \d+ has not X: One or more selected sources/);
    expect(await why('AS-TOP\n!q', [])).to.equal('"AS-TOP\\n!q" is no as-set');
  });
});
