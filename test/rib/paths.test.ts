import { expect } from 'chai';
import fc from 'fast-check';
import { MOST_PATHS, newPathTable, pathAttribute, putPath, takePath, takeRows } from '../../src/rib/paths.ts';

describe('rib/paths', () => {
  it('keeps the paths of a prefix in the order in which they came, and uses freed rows again', () => {
    const paths = newPathTable();
    const ids = () => {
      const found: number[] = [];
      for (let row = paths.head[3] ?? 0; row !== 0; row = paths.next[row]!) found.push(paths.pathId[row]! >>> 0);
      return found;
    };
    for (const pathId of [7, 0, 0xffffffff]) expect(putPath(paths, 8, 3, pathId, 100 + (pathId & 7))).to.equal(0);
    expect(ids()).to.deep.equal([7, 0, 0xffffffff]);
    expect(putPath(paths, 8, 3, 0, 55)).to.equal(100);
    expect(takePath(paths, 3, 0)).to.equal(55);
    expect(takePath(paths, 3, 0)).to.equal(0);
    const { top } = paths;
    putPath(paths, 8, 3, 9, 1);
    expect(ids()).to.deep.equal([7, 0xffffffff, 9]);
    expect(paths.top).to.equal(top);
  });

  it('holds no more paths of a prefix than it is bound to', () => {
    const paths = newPathTable();
    for (let pathId = 0; pathId < MOST_PATHS; pathId++) expect(putPath(paths, 1, 0, pathId, 1)).to.equal(0);
    expect(putPath(paths, 1, 0, MOST_PATHS, 1)).to.equal(-1);
    expect(putPath(paths, 1, 0, 5, 2)).to.equal(1);
    takePath(paths, 0, 5);
    expect(putPath(paths, 1, 0, MOST_PATHS, 1)).to.equal(0);
  });

  it('is a map from (prefix, path identifier) to attribute id', () => {
    const id = fc.integer({ min: 0, max: 5 });
    const step = fc.record({
      prefix: id,
      path: fc.oneof(id, fc.constant(0xfffffffe)),
      attribute: fc.integer({ min: 0, max: 9 }),
      all: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const paths = newPathTable();
        const model = new Map<string, number>();
        for (const { prefix, path, attribute, all } of steps) {
          const key = `${prefix} ${path}`;
          const before = model.get(key) ?? 0;
          if (attribute > 0) {
            expect(putPath(paths, 6, prefix, path, attribute)).to.equal(before);
            model.set(key, attribute);
          } else if (all) {
            const taken: number[] = [];
            takeRows(
              paths,
              prefix,
              () => true,
              one => taken.push(one),
            );
            const mine = [...model.keys()].filter(one => one.startsWith(`${prefix} `));
            expect(taken.sort()).to.deep.equal(mine.map(one => model.get(one)).sort());
            for (const one of mine) model.delete(one);
          } else {
            expect(takePath(paths, prefix, path)).to.equal(before);
            model.delete(key);
          }
        }
        for (const [key, attribute] of model) {
          const [prefix, path] = key.split(' ').map(Number);
          expect(pathAttribute(paths, prefix!, path!)).to.equal(attribute);
        }
        expect(paths.top).to.be.most(6 * 7 + 1);
      }),
    );
  });
});
