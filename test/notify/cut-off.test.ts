import { expect } from 'chai';
import { cutOffRecords } from '../../src/notify/cut-off.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { readMail } from '../../src/notify/notices.ts';
import { begun, block, hook, settings } from './cases.ts';

const cut = [{ address: 'alert@example.jp', hosts: ['mx1.example.jp', 'mx2.example.jp'] }];

describe('notify/cut-off', () => {
  it('warns the own people and channels, not those of the registry, once', () => {
    const records = cutOffRecords({ ...begun, told: ['begin'] }, cut, { ...settings, notify: [block, hook(1)] }, 1000);
    expect(records.map(({ channel, id, event }) => `${channel} ${id} ${event}`)).to.deep.equal([
      'mail 2026-11-22-01.cut-off.3 cut-off',
      `webhook ${records[1]!.id} cut-off`,
    ]);
    expect(records[0]!.recipient).to.equal('noc@example.org');
    const mail = readMail(records[0]!)!;
    expect(mail.subject).to.equal(
      '[InterTrack] [cut off] mail servers of 1 recipient(s) lie inside 203.0.113.128/25 (2026-11-22-01)',
    );
    expect(mail.references).to.equal('<2026-11-22-01.begin.3@collector.example.net>');
    for (const part of [
      'alert@example.jp (mx1.example.jp, mx2.example.jp)',
      'All mail servers',
      '次の宛先のメールサーバー',
    ])
      expect(mail.text).to.include(part);
    expect(JSON.parse(records[1]!.body) as Notice).to.include({ event: 'cut-off', case: '2026-11-22-01' });
  });
  it('writes no mail to an address of the group that is cut off itself', () => {
    const all = [...cut, { address: 'NOC@example.org', hosts: ['mx1.example.jp'] }];
    expect(cutOffRecords(begun, all, settings, 1000)).to.deep.equal([]);
  });
});
