import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { APPLICATION_ID, migrate, migrations } from '../../src/store/migrations.ts';

const pragma = (db: DatabaseSync, name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name];
const schema = (db: DatabaseSync) => db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();

describe('store/migrations', () => {
  for (let from = 0; from <= migrations.length; from++)
    it(`brings version ${from} to version ${migrations.length}, the same as a new database`, () => {
      const db = new DatabaseSync(':memory:');
      expect(migrate(db, migrations.slice(0, from))).to.equal(null);
      expect(migrate(db)).to.equal(null);
      expect([pragma(db, 'user_version'), pragma(db, 'application_id')]).to.deep.equal([
        migrations.length,
        APPLICATION_ID,
      ]);
      const fresh = new DatabaseSync(':memory:');
      migrate(fresh);
      expect(schema(db)).to.deep.equal(schema(fresh));
    });

  it('keeps the version before a step that fails, and the rows in it', () => {
    const db = new DatabaseSync(':memory:');
    const steps = [
      'CREATE TABLE a (x)',
      'ALTER TABLE a ADD COLUMN y',
      'CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)',
    ];
    migrate(db, steps.slice(0, 1));
    db.exec('INSERT INTO a VALUES (7)');
    expect(() => migrate(db, steps)).to.throw('no such table: nowhere');
    expect(pragma(db, 'user_version')).to.equal(2);
    expect(
      db
        .prepare('SELECT x, y FROM a')
        .all()
        .map(row => ({ ...row })),
    ).to.deep.equal([{ x: 7, y: null }]);
    expect(migrate(db, [...steps.slice(0, 2), 'CREATE TABLE b (x)'])).to.equal(null);
  });

  it('touches no database of a newer program or of another one', () => {
    const newer = new DatabaseSync(':memory:');
    migrate(newer, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']);
    expect(migrate(newer, ['CREATE TABLE a (x)'])).to.match(/newer InterTrack \(schema 2, this program knows 1\)/);
    const foreign = new DatabaseSync(':memory:');
    foreign.exec('CREATE TABLE theirs (x)');
    expect(migrate(foreign)).to.contain('some other program');
    expect(schema(foreign)).to.have.length(1);
  });
});
