/** Whois: queries, and answers of both manners as a client reads them. */
import { irrdReader } from '../../src/registry/whois/irrd-answer.ts';
import { formatQuery, parseQuery } from '../../src/registry/whois/query.ts';
import { ripeReader } from '../../src/registry/whois/ripe-answer.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SEEDS: readonly Uint8Array[] = [
  '!!\n!nbgpq4\n!a4AS64500:AS-X\n!iRS-X,1\n!r192.0.2.0/24,L\n!mroute,192.0.2.0/24AS64496\n!J-*\n!s-lc\n!t300\n',
  '-k -V x -s JPIRR,RADB -T route -K -i mnt-by,origin MAINT-A\n-L 2001:db8::/32\n-q sources\nAS64496\n',
  'C\nA13\n192.0.2.0/24\nC\nD\nE\nF no\nA0\nC\nA12\n192.0.2.0/24\nC\n',
  '% remark\n\nroute: 192.0.2.0/24\norigin: AS1\n\nroute: 10.0.0.0/8\norigin: AS2\n\n\n%% ERROR: no\n\n\n%ERROR:101: none\n\n\n',
].map(text => Buffer.from(text));
const MOST = 1000;

/** Reads answers in pieces of so many octets; what was told of them. */
function read(input: Uint8Array, piece: number): string {
  const told: string[] = [];
  let octets = 0;
  const irrd = irrdReader(answer => {
    told.push(answer.kind);
    if (answer.kind === 'data') octets += answer.data.length;
  }, MOST);
  const ripe = ripeReader(({ objects, remarks, error }) => {
    told.push(`${objects.length} ${remarks.length} ${error}`);
    for (const object of objects) octets += object.length;
  }, MOST);
  for (let at = 0; at < input.length; at += piece) {
    irrd.push(input.slice(at, at + piece));
    ripe.push(input.slice(at, at + piece));
  }
  told.push(irrd.end() ?? 'whole');
  ripe.end();
  if (octets > 2 * input.length + 2) throw new Error('more octets came out than went in');
  return told.join('; ');
}

function judgeLine(line: string): string {
  const query = parseQuery(line);
  if (query.kind === 'error') return query.why.slice(0, 20);
  const again = formatQuery(query);
  if (JSON.stringify(parseQuery(again)) !== JSON.stringify(query)) throw new Error(`${line} is written as ${again}`);
  return query.kind;
}

export function whoisTarget(): Target {
  return {
    name: 'whois queries and answers',
    seeds: SEEDS,
    mutate,
    judge(input) {
      const whole = read(input, input.length + 1);
      // Told answers stay the same; RIPE's and IRRd's may come in another order among each other.
      if (read(input, 3).split('; ').sort().join() !== whole.split('; ').sort().join())
        throw new Error('in pieces it is another answer');
      const lines = Buffer.from(input).toString('utf8').split('\n');
      return `${whole.slice(0, 200)}; ${lines.map(judgeLine).join()}`;
    },
    begin() {},
  };
}
