import { expect } from 'chai';
import { blockFor, isMailAddress, outboxRecords, readMail } from '../../src/notify/notices.ts';
import { begun, block, ended, settings } from './cases.ts';

describe('notify/notices', () => {
  it('makes one row for each address, begin and end under the same number', () => {
    const begin = outboxRecords({ case: begun, event: 'begin' }, settings, 1000);
    expect(begin.refused).to.deep.equal([]);
    expect(begin.records.map(row => [row.id, row.recipient])).to.deep.equal([
      ['2026-11-22-01.begin.1', 'alert@example.jp'],
      ['2026-11-22-01.begin.2', 'second@example.net'],
      ['2026-11-22-01.begin.3', 'noc@example.org'],
    ]);
    const [first] = begin.records;
    expect(first).to.include({
      state: 'pending',
      attempts: 0,
      due: 1000,
      created: 1000,
      event: 'begin',
      channel: 'mail',
    });
    expect(readMail(first!)).to.include({ because: 'x-keiro', date: 1000 });
    const end = outboxRecords({ case: ended, event: 'end' }, settings, 2000);
    expect(readMail(end.records[1]!)).to.include({
      messageId: '<2026-11-22-01.end.2@collector.example.net>',
      references: '<2026-11-22-01.begin.2@collector.example.net>',
    });
  });

  it('refuses, and says so, what is no address, what no block carries and what is too many', () => {
    const forged = [
      'a@b\r\nBcc: c@d',
      'no address',
      'a@[127.0.0.1]',
      '"x y"@example.jp',
      `${'a'.repeat(65)}@example.jp`,
    ];
    const recipients = [
      ...forged.map(address => ({ address, because: 'x-keiro' })),
      { address: 'other@example.jp', because: 'notify' },
      { address: 'Same@example.jp', because: 'x-keiro' },
      { address: 'same@example.jp', because: 'group noc' },
      ...Array.from({ length: 120 }, (_, i) => ({ address: `m${i}@example.jp`, because: 'x-keiro' })),
    ];
    const { records, refused } = outboxRecords({ case: { ...begun, recipients }, event: 'begin' }, settings, 0);
    expect(records).to.have.length(100);
    expect(records[0]).to.include({ recipient: 'Same@example.jp', id: '2026-11-22-01.begin.7' });
    expect(refused.slice(0, 6).map(({ why }) => why)).to.deep.equal([
      ...forged.map(() => 'not a mail address'),
      'no notify mail block sends to notify',
    ]);
    expect(refused[0]?.address).to.equal('a@b\\u{d}\\u{a}Bcc: c@d');
    expect(refused.slice(6).map(({ why }) => why)).to.deep.equal(Array(21).fill('more than 100 recipients'));
  });

  it('knows an address', () => {
    for (const good of ['noc@example.jp', "o'neil+keiro@mail.example.co.jp", 'root@localhost'])
      expect(isMailAddress(good), good).to.equal(true);
    for (const bad of [
      '',
      '@',
      'a@',
      '@b',
      'a@b..c',
      'a..b@c',
      'a@-b.c',
      'a b@c.d',
      'a@b\n',
      'é@b.c',
      'a@b.c>',
      `a@${'b'.repeat(300)}`,
    ])
      expect(isMailAddress(bad), bad).to.equal(false);
  });

  it('sends by the first block that names the reason', () => {
    const second = { ...block, to: ['notify' as const, 'x-keiro' as const] };
    expect(blockFor('group noc', [block, second])).to.equal(block);
    expect(blockFor('notify', [block, second])).to.equal(second);
    expect(blockFor('nobody', [block, second])).to.equal(undefined);
  });

  it('reads no mail from a row that holds none', () => {
    const [row] = outboxRecords({ case: begun, event: 'begin' }, settings, 0).records;
    for (const body of ['', 'null', '{}', '{"subject":1}', '[]']) expect(readMail({ ...row!, body })).to.equal(null);
  });
});
