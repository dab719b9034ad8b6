/** What servers answer about contacts: whois, RDAP with its bootstrap files, PeeringDB, and answers that were kept. */
import { inOrder, readFinding } from '../../src/notify/contacts/contact.ts';
import { networkOf, readPeeringdb, rowsOf } from '../../src/notify/contacts/peeringdb-answer.ts';
import { readRdapAnswer } from '../../src/notify/contacts/rdap-answer.ts';
import { rdapServerFor } from '../../src/notify/contacts/rdap-bootstrap.ts';
import { readWhoisAnswer, referralIn } from '../../src/notify/contacts/whois-answer.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SEEDS: readonly Uint8Array[] = [
  "% Abuse contact for 'AS1' is 'abuse@example.net'\n\naut-num: AS1\nas-name: X\ntech-c: A1-X\n\nrole: NOC\ne-mail: noc@example.net\nphone: +81 3 0000 0000\nnic-hdl: A1-X\n",
  'OrgAbuseHandle: A1\nOrgAbuseEmail: abuse@example.net\nOrgNOCPhone: +1-555-555-0100\nReferralServer: whois://whois.example.net:43\n',
  'a. [AS Number] 1\nm. [Administrative Contact] JP00000001\n[Abuse] abuse@example.jp\nrefer: whois.example.net\n',
  '{"objectClassName":"autnum","startAutnum":1,"endAutnum":1,"name":"X","entities":[{"roles":["noc"],"handle":"H","vcardArray":["vcard",[["fn",{},"text","NOC"],["email",{},"text","noc@example.net"],["tel",{"type":"voice"},"uri","tel:+1-555-0100;ext=1"]]],"entities":[{"roles":["abuse"]}]}]}',
  '{"version":"1.0","services":[[["1-9","64496"],["https://rdap.example/"]],[["192.0.2.0/24","2001:db8::/32"],["http://127.0.0.1/"]]]}',
  '{"data":[{"id":7,"asn":1,"net_id":7,"name":"X","role":"NOC","email":"noc@example.net","phone":"+81300000000","status":"ok","ipaddr4":"203.0.113.1"}]}',
  '{"source":"rdap","name":"X","contacts":[{"role":"noc","name":"N","handle":"H","emails":["noc@example.net"],"phones":["+81 3 0000 0000"]}],"present":["IX"],"asked":1,"why":""}',
].map(text => Buffer.from(text));

const utf8 = new TextDecoder();

/** What every contact must be, wherever it came from. */
function hold({ contacts }: Pick<ReturnType<typeof readWhoisAnswer>, 'contacts'>): number {
  for (const one of contacts) {
    const texts = [one.name, one.handle, ...one.emails, ...one.phones];
    if (texts.some(text => /\p{Cc}/u.test(text))) throw new Error('a control character came through');
    if (texts.some(text => text.length > 260)) throw new Error('it is longer than what is kept');
    if (one.emails.some(text => !/^[^@\s]+@[^@\s]+$/.test(text))) throw new Error('it is no mail address');
  }
  if (JSON.stringify(inOrder(contacts)) !== JSON.stringify(contacts)) throw new Error('it is in another order');
  return contacts.length;
}

export function contactTarget(): Target {
  return {
    name: 'answers about contacts',
    seeds: SEEDS,
    mutate,
    judge(input) {
      const text = utf8.decode(input);
      const whois = hold(readWhoisAnswer(text));
      const to = referralIn(text);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        return `${whois} ${to === null}`;
      }
      const rdap = (['ip', 'as'] as const).map(kind => {
        const answer = readRdapAnswer(value, kind === 'as' ? { as: 1 } : { prefix: '192.0.2.0/24' });
        return typeof answer === 'string' ? answer.replace(/\d+/g, '#') : hold(answer);
      });
      const servers = [{ as: 1 }, { prefix: '192.0.2.0/25' }].map(subject => typeof rdapServerFor(value, subject));
      const rows = rowsOf(value);
      const peeringdb = hold(readPeeringdb(networkOf(rows, 1)?.name ?? '', rows, rows));
      const kept = readFinding(value);
      return [whois, ...rdap, ...servers, rows.length, peeringdb, kept === null ? 'none' : hold(kept)].join(' ');
    },
    begin() {},
  };
}
