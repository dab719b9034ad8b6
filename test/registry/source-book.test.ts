import { expect } from 'chai';
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { type RpslObject, rpslReader } from '../../src/registry/rpsl.ts';
import { type Applied, type SourceBook, sourceBook } from '../../src/registry/source-book.ts';

/** Does the operation with each object of the text. */
function apply(book: SourceBook, operation: 'add' | 'del', text: string): Applied[] {
  const done: Applied[] = [];
  const take = (object: RpslObject) => done.push(book.apply(operation, object));
  const reader = rpslReader(take, () => {}, new Set(['route', 'route6', 'as-set', 'mntner']));
  reader.push(Buffer.from(text));
  reader.end();
  return done;
}

const said = (applied: Applied): string =>
  applied.ok ? (applied.touched === null ? 'nothing' : formatPrefix(applied.touched)) : applied.problem.why;

const ROUTE = 'route: 192.0.2.0/24\norigin: AS64496\n\n';
const SET = 'as-set: AS-EXAMPLE\nmembers: AS64496\n\n';

describe('registry/source-book', () => {
  it('tells which prefix an operation touches, if any', () => {
    const book = sourceBook('JPIRR');
    expect(apply(book, 'add', ROUTE + SET).map(said)).to.deep.equal(['192.0.2.0/24', 'nothing']);
    expect([book.routes.count, book.others.get('as-set', 'as-example')?.class]).to.deep.equal([1, 'as-set']);
    expect(apply(book, 'del', ROUTE + SET).map(said)).to.deep.equal(['192.0.2.0/24', 'nothing']);
    expect([book.routes.count, book.others.get('as-set', 'AS-EXAMPLE')]).to.deep.equal([0, null]);
  });

  it('says that what is not there cannot be deleted', () => {
    const book = sourceBook('JPIRR');
    expect(apply(book, 'del', ROUTE + SET).map(said)).to.deep.equal([
      'route: there is no such object to delete',
      'as-set: there is no such object to delete',
    ]);
  });

  it('keeps the object of another origin when one is deleted', () => {
    const book = sourceBook('JPIRR');
    apply(book, 'add', `${ROUTE}route: 192.0.2.0/24\norigin: AS64511\n\n`);
    apply(book, 'del', ROUTE);
    const [row] = book.routes.rowsOf(parsePrefix('192.0.2.0/24')!);
    expect(book.routes.object(row!).origin).to.equal(64511);
  });

  it('tells what it leaves out of an object, and why one cannot be read', () => {
    const book = sourceBook('JPIRR');
    const [odd] = apply(book, 'add', 'route: 192.0.2.0/24\norigin: AS64496\nnotify: not an address\n\n');
    expect(odd!.ok && odd!.refused.length).to.equal(3);
    expect(said(apply(book, 'add', 'route: 192.0.2.0/24\n\n')[0]!)).to.equal('route object without origin');
  });
});
