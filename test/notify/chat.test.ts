import { expect } from 'chai';
import { mattermostBody, slackBody, teamsBody } from '../../src/notify/chat.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { notice } from './cases.ts';

/** Every text of a message. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

describe('notify/chat', () => {
  const formats = { slack: slackBody, mattermost: mattermostBody, teams: teamsBody };
  for (const [name, body] of Object.entries(formats)) {
    it(`tells ${name} what, by whom, against whom, via whom, how widely and since when`, () => {
      const all = textsIn(body(notice)).join('\n').replaceAll('\\', '');
      for (const fact of ['203.0.113.128/25', 'AS64666', 'AS64496', 'AS64500', '2 peers now', '2026-11-22T04:01:10'])
        expect(all).to.include(fact);
      expect(all).to.include('2026-11-22-01');
    });

    it(`lets nobody in a registry call people or set links in ${name}`, () => {
      const hostile = '<!channel> @all <https://evil.example|here> [x](https://evil.example) | a `b` *c*';
      const forged: Notice = { ...notice, prefix: hostile, what: hostile, subject: hostile };
      for (const text of textsIn(body(forged))) {
        if (!text.includes('evil')) continue;
        if (name === 'slack') expect(text).to.not.match(/<(!|https)/);
        else expect(text).to.not.match(/(?<!\\)[[\]<|]x?\]?\(?https:|@all/);
      }
      expect(JSON.stringify(body(forged))).to.not.include(name === 'slack' ? '<!channel>' : '@all');
    });

    it(`keeps a message for ${name} within what is taken`, () => {
      const long: Notice = { ...notice, kind: null, text: 'long '.repeat(50_000) };
      expect(JSON.stringify(body(long)).length).to.be.below(16_000);
    });
  }
});
