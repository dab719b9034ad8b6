import { expect } from 'chai';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { RISKS } from '../../src/config/risk-names.ts';

describe('config/risks', () => {
  const risks = (text: string) => {
    const files = {
      read: () => ({ wrong: 'no files here' }),
      list: () => [],
      readableByAll: (file: string) => file.endsWith('open.key'),
    };
    const loaded = parseConfig(`router id 192.0.2.10; local as 64500;\n${text}`, 'c', files, false, () => null);
    if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
    return loaded.risks;
  };
  const KEY = 'identity "/k/as.key" certificate "/k/as.crt";';
  const TRACING = (more: string) =>
    `traceback { ${KEY} peer as 64510 { address 192.0.2.9; certificate "/k/p.crt"; in allow; } ${more} }`;

  const found: readonly (readonly [string, string, string])[] = [
    ['bgp-no-limit', 'protocol bgp tyo1 { neighbor 192.0.2.1 as 64496; }', 'maximum prefix 1000 warn;'],
    ['bgp-open-range', 'bgp listen; protocol bgp all { neighbor range 192.0.2.0/24 as 64500; }', 'ttl security;'],
    ['mail-clear', 'notify mail { from "a@b.example"; smtp "mail.example"; tls none; to x-keiro; }', ''],
    ['http-anonymous', `http { listen 192.0.2.10; ${KEY} anonymous reader; }`, ''],
    ['irr-clear', 'irr RADB { dump "ftp://ftp.example/radb.db.gz"; }', ''],
    ['answer-unapproved', TRACING(''), ''],
    ['key-readable', 'http { identity "/k/open.key" certificate "/k/as.crt"; token "/k/t" role reader; }', ''],
  ];
  for (const [risk, text, mended] of found)
    it(`tells of ${risk}, with its place, until it is mended or accepted`, () => {
      const all = risks(text);
      expect(all.map(one => one.risk)).to.deep.equal([risk]);
      const [one] = all;
      expect([one!.file, one!.line, one!.excerpt === '']).to.deep.equal(['c', 2, false]);
      const written = /`(accept risk [^`]*;)`$/.exec(one!.message)![1]!;
      expect(risks(`${text}\n${written}`)).to.deep.equal([]);
      expect(risks(`accept risk ${risk};\n${text}`)).to.deep.equal([]);
      if (mended !== '') expect(risks(text.replace(/; }$/, `; ${mended} }`))).to.deep.equal([]);
    });

  it('tells of those peers alone that are not named', () => {
    const peers = ['tyo1', 'osa1'].map((name, i) => `protocol bgp ${name} { neighbor 192.0.2.${i + 1} as 64496; }`);
    const [one, ...more] = risks(`${peers.join('\n')}\naccept risk bgp-no-limit for tyo1;`);
    expect(more).to.deep.equal([]);
    expect(one!.message).to.equal(
      'peer osa1 of another AS may send any number of routes, expected `maximum prefix`; ' +
        'who means it writes `accept risk bgp-no-limit for osa1;`',
    );
  });

  it('tells of nothing that is safe', () => {
    for (const text of [
      'protocol bgp own { neighbor 192.0.2.1 as 64500; }',
      'protocol bgp x { neighbor 192.0.2.1 as 64496; disabled; }',
      'notify mail { from "a@b.example"; smtp "127.0.0.1"; tls none; to x-keiro; }',
      'http { anonymous reader; }',
      'irr RADB { dump "https://ftp.example/radb.db.gz"; }',
      TRACING('answer { approval guessable; }'),
      TRACING('answer { proof prefer; }'),
    ])
      expect(risks(text), text).to.deep.equal([]);
  });

  it('can say of an operator without a token that it is meant', () => {
    const text = 'http { anonymous operator; }';
    const warned = (more: string) => parseConfig(`router id 192.0.2.10; local as 1; ${text} ${more}`, 'c').warnings;
    expect(warned('').map(({ message }) => message)).to.deep.equal([
      'whoever reaches it may do everything; who means it writes `accept risk http-operator;`',
    ]);
    expect(warned('accept risk http-operator;')).to.deep.equal([]);
  });

  it('warns of a database that is reached in the clear, as it is connected to', () => {
    const told = (url: string, block = ';') => {
      const text = `router id 192.0.2.10; local as 1; store postgresql "postgres://${url}" ${block}`;
      const loaded = parseConfig(text, 'c');
      return [...(loaded.ok ? [] : loaded.errors), ...loaded.warnings].map(({ message }) => message);
    };
    const clear = 'cases and mails go to another machine in the clear, expected `?sslmode=verify-full`';
    const authority = '{ authority "/ca.crt"; }';
    expect(told('u@db.example/it')).to.deep.equal([clear]);
    expect(told('u@db.example/it?sslmode=disable', authority)).to.deep.equal([clear]);
    expect(told('sslmode=verify-full@db.example/it')).to.deep.equal([clear]);
    expect(told('u@db.example/it', authority)).to.deep.equal([]);
    expect(told('u@db.example/it?sslmode=verify-full')).to.deep.equal([]);
    expect(told('u@127.0.0.1/it?sslmode=disable')).to.deep.equal([]);
    expect(told('u@127.0.0.1,127.0.0.2:5433/it')).to.deep.equal([]);
    expect(told('u@127.0.0.1,db.example:5433/it')).to.deep.equal([clear]);
    expect(told('u@one.example,two.example/it?sslmode=verify-full&target_session_attrs=primary')).to.deep.equal([]);
    expect(told('u@127.0.0.1,127.0.0.2:66666/it')[0]).to.contain('it is no URL such as postgres://user@host/database');
    expect(told('u@127.0.0.1,/it')[0]).to.contain('it is no URL');
    expect(told('u@127.0.0.1,127.0.0.2/it?target_session_attrs=any')[0]).to.contain('is read-write or primary');
    expect(told('u@db.example/it?sslmode=disable&sslmode=verify-full')[0]).to.contain('it says `sslmode` twice');
  });

  it('has every name in the manual', async () => {
    const { readFileSync } = await import('node:fs');
    const page = readFileSync(new URL('../../man/intertrackd.conf.5', import.meta.url), 'utf8');
    const told = [...page.matchAll(/^\.It Cm ([a-z-]+)$/gm)].map(([, name]) => name!);
    for (const risk of RISKS) expect(told).to.include(risk);
  });
});
