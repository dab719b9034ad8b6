import { expect } from 'chai';
import fc from 'fast-check';
import { hashOf, readPlace } from '../../src/web/page/place.ts';

describe('web/page/place', () => {
  it('reads what a view, a thing and a search are', () => {
    expect(readPlace('#/case/2026-03-01-01')).to.deep.equal({ view: 'case', id: '2026-03-01-01', query: {} });
    expect(readPlace('#/cases?q=192.0.2.0/24&show=all')).to.deep.equal({
      view: 'cases',
      id: '',
      query: { q: '192.0.2.0/24', show: 'all' },
    });
    for (const nothing of ['', '#', '#/', '#x']) expect(readPlace(nothing).view, nothing).to.equal('overview');
  });

  it('takes anything at all for some place', () => {
    fc.assert(fc.property(fc.string(), text => typeof readPlace(text).view === 'string'));
    expect(readPlace('#/case/%E0%A4%A')).to.include({ view: 'case', id: '%E0%A4%A' });
  });

  it('writes what it reads', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const value = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(
        name,
        fc.string({ unit: 'grapheme' }),
        fc.dictionary(name, value, { noNullPrototype: true }),
        (view, id, query) => {
          expect(readPlace(hashOf(view, { id, query }))).to.deep.equal({ view, id, query });
        },
      ),
    );
  });

  it('leaves out what is empty', () => {
    expect(hashOf('cases', { query: { q: '', page: undefined } })).to.equal('#/cases');
  });
});
