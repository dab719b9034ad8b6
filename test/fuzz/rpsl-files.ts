/** Dumps of IRRs: the reader, what each class says, and a book that the objects go into and out of. */
import { CLASSES, plainObject } from '../../src/registry/plain-object.ts';
import { readRpslObject, rpslReader } from '../../src/registry/rpsl.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SEEDS: readonly Uint8Array[] = [
  'route:      192.0.2.0/24\ndescr:      A\n            X-Keiro : a@example.jp, b\norigin:     AS64496\nholes: 192.0.2.128/25\nmember-of: RS-X\nmnt-by:     MAINT-A\nchanged:    a@example.jp 20260401\nsource:     JPIRR\n',
  'route6:\t2001:db8::/32\r\norigin:\tas1.10 # asdot\r\n+\r\nlast-modified: 2026-04-01T00:00:00Z\r\n\r\n*xxte: 10.0.0.0/8\r\n\r\n',
  'as-set: AS-X\nmembers: AS1, AS-Y, AS1:AS-Z\nmbrs-by-ref: ANY\n\naut-num: AS64496\nmember-of: AS-X\nimport: from AS1 accept ANY\nexport: to AS1 announce AS-X\n',
  'route-set: RS-X\nmembers: 10.0.0.0/8^16-24, RS-Y^-, AS1^+\nmp-members: 2001:db8::/32^48\n\nmntner: M\nupd-to: a@example.jp\nmnt-nfy: b@example.jp\nremarks: x-keiro:c@example.jp\n',
  '\ufeff% remark\n\ninet-rtr: r.example.jp\nlocal-as: AS1\nifaddr: 192.0.2.1 masklen 24\npeer: BGP4 192.0.2.2 asno(AS2)\n\n# EOF\n',
].map(text => Buffer.from(text));

/** Reads a dump in pieces of so many octets: what was told of it. */
function read(file: Uint8Array, piece: number): string {
  const told: string[] = [];
  const book = sourceBook('TEST');
  const reader = rpslReader(
    object => {
      const reading = plainObject(object);
      const again = readRpslObject(object.bytes);
      if (
        JSON.stringify(again?.attributes.map(({ value }) => value)) !==
        JSON.stringify(object.attributes.map(({ value }) => value))
      )
        throw new Error('an object reads otherwise from its octets');
      told.push(`${object.class} ${reading.ok ? reading.problems.length : reading.problem.why.replace(/".*"/, '#')}`);
      const applied = book.apply('add', object);
      if (!applied.ok) return;
      if (object.class !== 'route' && object.class !== 'route6' && !book.apply('del', object).ok)
        throw new Error('what was added cannot be deleted');
    },
    ({ line, why }) => told.push(`${line} ${why}`),
    CLASSES,
    { onSkipped: ({ line, dead }) => told.push(`${line} ${dead}`) },
  );
  for (let at = 0; at < file.length; at += piece) reader.push(file.slice(at, at + piece));
  reader.end();
  return told.join('; ');
}

export function rpslTarget(): Target {
  return {
    name: 'RPSL dumps',
    seeds: SEEDS,
    mutate,
    judge(input) {
      const whole = read(input, input.length + 1);
      if (read(input, 3) !== whole) throw new Error('in pieces it is another dump');
      return whole;
    },
    begin() {},
  };
}
