import { join } from 'node:path';
import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { readMail } from '../../src/notify/notices.ts';
import { STORM_BEGINS, SUMMARY_WAIT } from '../../src/notify/storm.ts';
import { openTelling, type Said, type Telling } from '../../src/notify/telling.ts';
import type { Store } from '../../src/store/records.ts';
import type { OpenStore } from '../../src/store/store.ts';
import { open, scratch } from '../store/fixture.ts';
import { begun, block, hook, settings } from './cases.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

describe('notify/telling', () => {
  const directory = scratch();
  let number = 0;
  let store: OpenStore;
  let cases: Map<string, Case>;
  let telling: Telling;
  let logged: string[];
  const notify = [block, hook(1)];

  const start = async (from: Pick<Store, 'read'> = store) => {
    const running = [...cases.values()].filter(({ state }) => state !== 'resolved');
    telling = await openTelling(
      {
        store: from,
        settings: () => ({ ...settings, notify }),
        caseOf: async id => cases.get(id) ?? null,
        log: (_level, text) => void logged.push(text),
      },
      running,
    );
  };
  beforeEach(async () => {
    store = await open(join(directory, String(number++)));
    cases = new Map();
    logged = [];
    await start();
  });
  afterEach(() => store.close());

  const keep = async (said: Said) => {
    if (said.writes.length > 0) await store.write(said.writes);
    return said.records;
  };
  const change = async (id: string, notice: 'begin' | 'end' | null, now: number, more: Partial<Case> = {}) => {
    const before = cases.get(id) ?? { ...begun, id };
    const told = notice === null ? before.told : [...before.told, notice];
    const of: Case = { ...before, ...(notice === 'end' && { state: 'resolved' as const }), ...more, told };
    cases.set(id, of);
    const { state, prefix, opened, changed } = of;
    const put = { op: 'case.put', record: { id, state, prefix, opened, changed, incident: '', body: '{}' } } as const;
    const said = telling.of({ case: of, notice }, now);
    await store.write([put, ...said.writes]);
    return said.records;
  };
  const due = async (now: number) => keep(await telling.due([...cases.values()], now));
  const idOf = (i: number) => `2026-11-22-${String(i + 1).padStart(3, '0')}`;
  const events = async (id: string) => [
    ...new Set((await store.read('outbox.of-case', { caseId: id })).map(row => row.event)),
  ];

  it('tells of a few cases one by one', async () => {
    for (let i = 0; i < STORM_BEGINS; i++) expect(await change(idOf(i), 'begin', NOW)).to.have.length(4);
    for (let i = 0; i < STORM_BEGINS; i++) expect(await change(idOf(i), 'end', NOW + 1000)).to.have.length(4);
    expect(await due(NOW + 2 * SUMMARY_WAIT)).to.deep.equal([]);
  });

  describe('in a storm', () => {
    const MANY = 500;
    const prefix = (i: number) => `10.${i >> 8}.${i & 255}.0/24`;
    const begin = async () => {
      for (let i = 0; i < MANY; i++)
        await change(idOf(i), 'begin', NOW + i, {
          prefix: prefix(i),
          ...(i % 2 === 1 && { recipients: begun.recipients.slice(2) }),
        });
    };

    it('tells the first by themselves, and of all others in one summary for each recipient', async () => {
      await begin();
      expect((await store.read('outbox.pending', {})).length).to.be.below(STORM_BEGINS * 4);
      expect(await due(NOW + SUMMARY_WAIT - 1)).to.deep.equal([]);
      const rows = await due(NOW + SUMMARY_WAIT + MANY);
      expect(rows.map(({ recipient, event }) => `${recipient} ${event}`)).to.deep.equal([
        'alert@example.jp storm',
        'second@example.net storm',
        'noc@example.org storm',
        `${rows[3]!.recipient} storm`,
      ]);
      expect(await due(NOW + 3 * SUMMARY_WAIT), 'once').to.deep.equal([]);
      const mail = readMail(rows[2]!)!;
      expect(mail.subject).to.match(
        /^\[InterTrack\] \[storm\] 480 routes contradict the registry \(2026-11-22-021\.\.\.\)$/,
      );
      expect(mail.text).to.include('480 cases began within a short time').and.to.include('480件を検出したため');
      expect(mail.text).to.match(/^ {2}2026-11-22-021 +10\.0\.20\.0\/24 +AS64666 +AS64496 +AS64500$/m);
      expect(mail.text).to.include('... and 180 more');
      expect(mail.text.replace(/\s+/g, ' ')).to.include('(group noc)');
      expect(readMail(rows[0]!)!.subject, 'of those that the registry names').to.include('[storm] 240 routes');
      const notice = JSON.parse(rows[3]!.body) as Notice;
      expect(notice.cases).to.have.length(480);
      // Every case says how it was told.
      for (const i of [0, 20, 21, MANY - 1])
        expect(await events(idOf(i)), idOf(i)).to.deep.equal([i < 20 ? 'begin' : 'storm']);
    });

    it('names the incident that all of a summary are of', async () => {
      const storm = async (from: number, now: number, incidentOf: (i: number) => string) => {
        for (let i = from; i < from + 2 * STORM_BEGINS; i++)
          await change(idOf(i), 'begin', now, { prefix: prefix(i), incident: incidentOf(i) });
        return readMail((await due(now + SUMMARY_WAIT))[0]!)!;
      };
      const one = await storm(0, NOW, () => 'I2026-11-22-001');
      expect(one.references).to.equal('<I2026-11-22-001.incident@collector.example.net>');
      expect(one.text.replace(/\s+/g, ' ')).to.include('"itctl show incident I2026-11-22-001" shows');
      const mixed = await storm(100, NOW + 3 * SUMMARY_WAIT, i => `I2026-11-22-10${i % 2}`);
      expect([mixed.references, mixed.text.includes('show incident')]).to.deep.equal([null, false]);
    });

    it('sums up their ends too, and tells each of the first by itself', async () => {
      await begin();
      await due(NOW + 2 * SUMMARY_WAIT);
      const later = NOW + 10 * SUMMARY_WAIT;
      for (let i = 0; i < MANY; i++)
        expect(await change(idOf(i), 'end', later)).to.have.length(i < 20 ? (i % 2 ? 2 : 4) : 0);
      const rows = await due(later + SUMMARY_WAIT);
      expect(rows.map(({ event }) => event)).to.deep.equal(Array(4).fill('storm-end'));
      expect(readMail(rows[2]!)!.subject).to.match(/\[resolved\] 480 cases are over/);
      expect(await events(idOf(30))).to.deep.equal(['storm', 'storm-end']);
    });

    it('has the mail of an end alone follow the summary that told of its begin', async () => {
      await begin();
      const storm = await due(NOW + 2 * SUMMARY_WAIT);
      const later = NOW + 10 * SUMMARY_WAIT;
      // To one whom the summary did not tell.
      const late = { address: 'late@example.org', because: 'group noc' };
      await change(idOf(31), 'end', later, { recipients: [...begun.recipients.slice(2), late] });
      await start();
      const ends = (await due(later + SUMMARY_WAIT)).filter(({ channel }) => channel === 'mail');
      expect(ends.map(({ recipient, event }) => `${recipient} ${event}`)).to.deep.equal([
        'noc@example.org end',
        'late@example.org end',
      ]);
      const { messageId } = readMail(storm[2]!)!;
      expect(readMail(ends[0]!)).to.deep.include({ follows: messageId, references: messageId });
      expect(readMail(ends[1]!), 'nothing that was never sent').to.deep.include({ follows: null, references: null });
    });

    it('tells all that is owed once the database is there again, which was away as one summary was made', async () => {
      let away = false;
      await start({
        ...store,
        read: (what, args) =>
          away && what === 'outbox.of-case' ? Promise.reject(new Error('it is away')) : store.read(what, args),
      });
      await begin();
      await change(idOf(31), 'end', NOW + MANY);
      away = true;
      const later = NOW + 10 * SUMMARY_WAIT;
      const refused = await due(later).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(refused).to.equal('it is away');
      away = false;
      const told = await due(later);
      expect([...new Set(told.map(({ event }) => event))]).to.deep.equal(['storm', 'end']);
      expect(await due(later + SUMMARY_WAIT), 'once').to.deep.equal([]);
    });

    it('loses no case when it is killed before the summary, nor tells it twice', async () => {
      await begin();
      await start();
      const rows = await due(NOW + SUMMARY_WAIT + MANY);
      expect(rows).to.have.length(4);
      await start();
      expect(await due(NOW + 5 * SUMMARY_WAIT)).to.deep.equal([]);
      // Its ends go the same way after the restart.
      expect(await change(idOf(30), 'end', NOW + 6 * SUMMARY_WAIT)).to.deep.equal([]);
      expect(await change(idOf(31), 'end', NOW + 6 * SUMMARY_WAIT)).to.deep.equal([]);
      expect(await due(NOW + 8 * SUMMARY_WAIT)).to.have.length(4);
    });

    it('tells one that is left over as any other', async () => {
      for (let i = 0; i <= STORM_BEGINS; i++) await change(idOf(i), 'begin', NOW);
      const rows = await due(NOW + SUMMARY_WAIT);
      expect(rows.map(({ event }) => event)).to.deep.equal(Array(4).fill('begin'));
      expect(await change(idOf(STORM_BEGINS), 'end', NOW + 2 * SUMMARY_WAIT)).to.have.length(4);
    });

    it('reminds of none that was told in a summary', async () => {
      await begin();
      await due(NOW + 2 * SUMMARY_WAIT);
      const reminded = new Set((await due(NOW + DAY + SUMMARY_WAIT)).map(({ caseId }) => caseId));
      expect(reminded.size).to.equal(STORM_BEGINS);
    });
  });

  it('reminds, and goes on counting after a restart', async () => {
    await change(idOf(0), 'begin', NOW);
    const first = await due(NOW + DAY);
    expect(first.map(({ id }) => id))
      .to.include('2026-11-22-001.reminder-1.1')
      .and.to.have.length(4);
    expect(readMail(first[0]!)).to.deep.include({
      subject: '[InterTrack] [reminder] 203.0.113.128/25 announced by AS64666, registered to AS64496 (2026-11-22-001)',
      references: '<2026-11-22-001.begin.1@collector.example.net>',
    });
    expect(readMail(first[0]!)!.text).to.include('still going on').and.to.include('What to do');
    await start();
    expect(await due(NOW + 2 * DAY)).to.deep.equal([]);
    const second = await due(NOW + 3 * DAY);
    expect(second.map(({ event, id }) => [event, id.split('.')[1]])).to.deep.equal(
      Array(4).fill(['reminder', 'reminder-2']),
    );
  });

  it('tells a change once, in words', async () => {
    await change(idOf(0), 'begin', NOW);
    await change(idOf(0), null, NOW + 1000, { critical: true, peakWitnesses: 40 });
    const rows = await due(NOW + 600_000);
    expect(rows.map(({ event }) => event)).to.deep.equal(Array(4).fill('change'));
    const { subject, text } = readMail(rows[0]!)!;
    expect(subject).to.include('[changed] [critical]');
    const flat = text.replace(/\s+/g, ' ');
    expect(flat).to.include(
      'What changed it is critical now seen by 40 peers at most; it was 3 peers when last reported',
    );
    expect(text).to.include('最大40ピア');
    expect(await due(NOW + 3_600_000)).to.deep.equal([]);
    await start();
    expect(await due(NOW + 7_200_000), 'after a restart').to.deep.equal([]);
  });

  it('sums up what flaps', async () => {
    await change(idOf(0), 'begin', NOW);
    await change(idOf(0), null, NOW + 1000, { state: 'flapping', flaps: 4 });
    const [first] = await due(NOW + 5000);
    expect(readMail(first!)!.subject).to.include('[flapping]');
    expect(readMail(first!)!.text).to.include('came back 4 times');
    expect(await due(NOW + 60_000)).to.deep.equal([]);
    await change(idOf(0), null, NOW + 1_000_000, { flaps: 19 });
    const [second] = await due(NOW + 1_900_000);
    expect(readMail(second!)!.text).to.include('came back 19 times');
  });

  it('says so when nobody is told', async () => {
    cases.set(idOf(0), { ...begun, id: idOf(0), recipients: [] });
    telling = await openTelling(
      {
        store,
        settings: () => ({ ...settings, notify: [block] }),
        caseOf: async () => null,
        log: (_level, text) => void logged.push(text),
      },
      [],
    );
    expect(await change(idOf(0), 'begin', NOW)).to.deep.equal([]);
    expect(logged).to.deep.equal([`case ${idOf(0)}: nobody is told of its begin: no recipient`]);
  });
});
