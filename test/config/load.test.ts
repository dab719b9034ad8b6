import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { matches, NO_FILES } from '../../src/config/files.ts';
import { formatErrors, loadConfig, parseConfig } from '../../src/config/index.ts';

describe('config/load', () => {
  let folder = '';
  let main = '';
  const put = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
  };
  const said = async (): Promise<string> => {
    const loaded = await loadConfig(main);
    return formatErrors([...(loaded.ok ? [] : loaded.errors), ...loaded.warnings]).replaceAll(folder, '');
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    main = join(folder, 'main.conf');
    mkdirSync(join(folder, 'peers'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads included files in the order of their names, also inside blocks, and names from where they are written', async () => {
    put(
      'main.conf',
      'router id 192.0.2.1; local as 1; include "peers/*.conf"; irr A { include "irr.inc"; } include "no*";',
    );
    put('irr.inc', 'dump "a.db";');
    put('peers/b.conf', 'protocol bgp b { neighbor 192.0.2.3 as 3; } irr B { dump "b.db"; }');
    put('peers/a.conf', 'protocol bgp a { neighbor 192.0.2.2 as 2; }');
    put('peers/.hidden.conf', 'oops');
    put('peers/c.conf.orig', 'oops');
    const loaded = await loadConfig(main);
    expect(loaded.ok && loaded.config.peers.map(peer => peer.name)).to.deep.equal(['a', 'b']);
    expect(loaded.ok && loaded.config.irr.map(irr => irr.dump?.replace(folder, ''))).to.deep.equal([
      '/peers/b.db',
      '/a.db',
    ]);
  });

  it('asks for a source as often as it costs little: a file and NRTM every minute, a dump that is fetched every hour', async () => {
    put(
      'main.conf',
      `router id 192.0.2.1; local as 1; irr A { dump "a.db"; } irr B { dump "HTTPS://EXAMPLE.net/b.db"; }
       irr C { dump "ftp://example.net/c.db"; nrtm "example.net"; } irr D { dump "https://example.net/d"; refresh 5m; }
       irr E { dump "e.db"; serial "E.SERIAL"; nrtm "example.net" port 4343 version 1; }`,
    );
    const loaded = await loadConfig(main);
    const irr = loaded.ok ? loaded.config.irr : [];
    expect(irr.map(({ refresh }) => refresh / 60_000)).to.deep.equal([1, 60, 1, 5, 1]);
    expect(irr[1]!.dump, 'as URLs are compared').to.equal('https://example.net/b.db');
    expect(irr[2]!.nrtm).to.deep.equal({ host: 'example.net', port: 43, version: 3 });
    expect(irr[4]).to.deep.include({
      serial: join(folder, 'E.SERIAL'),
      nrtm: { host: 'example.net', port: 4343, version: 1 },
    });
  });

  it('tells errors in the file they are in, the main file first', async () => {
    put('main.conf', 'router id 192.0.2.1; local as 1;\ninclude "one.conf"; state 1;');
    put('one.conf', 'log syslog;\nprotocol bgp a { neighbour 192.0.2.2 as 2;\n');
    expect(await said()).to.equal(
      [
        '/main.conf:2:27: expected a directory in double quotes, found `1`',
        '  include "one.conf"; state 1;',
        '                            ^',
        '/one.conf:2:16: the block opened here is not closed, expected `}`',
        '  protocol bgp a { neighbour 192.0.2.2 as 2;',
        '                 ^',
        '/one.conf:2:18: unknown statement `neighbour` in `protocol bgp`, did you mean `neighbor`?',
        '  protocol bgp a { neighbour 192.0.2.2 as 2;',
        '                   ^~~~~~~~~',
        '',
      ].join('\n'),
    );
  });

  it('refuses files that include themselves, are not there, or are no files; and says nothing of what may be in them', async () => {
    put('main.conf', 'include "loop.conf";\ninclude "gone.conf";\ninclude "peers";\ninclude "*/x.conf";\n');
    put('loop.conf', 'include "main.conf";');
    expect(await said()).to.equal(
      [
        '/main.conf:2:1: cannot read /gone.conf: ENOENT: no such file or directory',
        '  include "gone.conf";',
        '  ^~~~~~~~~~~~~~~~~~~',
        '/main.conf:3:1: cannot read /peers: it is no file',
        '  include "peers";',
        '  ^~~~~~~~~~~~~~~',
        '/main.conf:4:1: `*` and `?` can stand in the last part of the name only',
        '  include "*/x.conf";',
        '  ^~~~~~~~~~~~~~~~~~',
        '/loop.conf:1:1: /main.conf would include itself',
        '  include "main.conf";',
        '  ^~~~~~~~~~~~~~~~~~~',
        '',
      ].join('\n'),
    );
  });

  it('bounds the number of included files', async () => {
    put('main.conf', 'router id 192.0.2.1; local as 1;\ninclude "peers/*";');
    for (let i = 0; i < 120; i++) put(`peers/${i}`, '');
    expect(await said()).to.match(/^\/main.conf:2:1: more than 100 files are included\n/);
  });

  it('says why the configuration cannot be read', async () => {
    expect(await said()).to.equal('/main.conf: cannot read /main.conf: ENOENT: no such file or directory\n');
    put('main.conf', ' '.repeat((1 << 20) + 1));
    expect(await said()).to.equal('/main.conf: cannot read /main.conf: it is larger than 1 MiB\n');
    writeFileSync(main, Buffer.from('log syslog; # \xff', 'latin1'));
    expect(await said()).to.match(/^\/main.conf:1:1: missing `router id`(.|\n)*:1:15: expected UTF-8/);
  });

  it('warns of a password of a session that every user can read, once for a template', async () => {
    put(
      'main.conf',
      'router id 192.0.2.1; local as 1;\ntemplate bgp t { password "k"; }\nprotocol bgp a from t { neighbor 192.0.2.2 as 2; }\nprotocol bgp b from t { neighbor 192.0.2.3 as 2; }',
      0o644,
    );
    expect(await said()).to.equal(
      [
        '/main.conf:2:18: every user can read this password: /main.conf is readable by all',
        '  template bgp t { password "k"; }',
        '                   ^~~~~~~~~~~~',
        '',
      ].join('\n'),
    );
  });

  it('refuses what the machine cannot do, and never leaves it out', () => {
    const text = `router id 192.0.2.1; local as 1; bgp listen;
protocol bgp a { neighbor 192.0.2.2 as 2; password "k"; ttl security; interface "eth0"; }
protocol bgp b { neighbor range 10.0.0.0/8 as 2; password "k"; ttl security no; }`;
    const asked: string[] = [];
    const loaded = parseConfig(text, 'c', NO_FILES, false, demand => {
      asked.push(demand);
      return 'koffi is not installed';
    });
    expect(loaded.ok ? [] : loaded.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`)).to.eql([
      '2:43: `password` cannot be used on this machine: koffi is not installed',
      '2:57: `ttl security` cannot be used on this machine: koffi is not installed',
      '2:71: `interface` cannot be used on this machine: koffi is not installed',
      '3:50: `password` cannot be used on this machine: koffi is not installed',
    ]);
    expect(asked).to.deep.equal(['password', 'ttl security', 'interface', 'range password']);
  });

  it('warns of a password that every user can read, of one sent in the clear, and of a watch that tells nobody', async () => {
    const login = 'user "u"; password "p"; tls none;';
    put(
      'main.conf',
      `router id 192.0.2.1; local as 1;\nnotify mail { from "a@b.example"; smtp "h";\n${login} }`,
      0o644,
    );
    expect(await said()).to.equal(
      [
        `/main.conf:3:11: every user can read this password: /main.conf is readable by all`,
        `  ${login} }`,
        '            ^~~~~~~~~~~~',
        '/main.conf:3:25: `tls none` sends the password in the clear',
        `  ${login} }`,
        '                          ^~~~~~~~',
        '',
      ].join('\n'),
    );
    put('main.conf', 'router id 192.0.2.1; local as 1;\nwatch w { prefix 192.0.2.0/24 origin 1; }', 0o600);
    expect(await said()).to.match(/^\/main.conf:2:1: nobody is told of `watch w`: there is no `notify`\n/);
  });

  const patterns: [string, string, boolean][] = [
    ['a.conf', '*.conf', true],
    ['a.conf', '?.conf', true],
    ['ab.conf', '?.conf', false],
    ['a.conf', 'a.conf', true],
    ['aXbXc', 'a*b*c', true],
    ['abcab', '*ab', true],
    ['abca', '*ab', false],
    ['', '*', true],
    ['a.conf~', '*.conf', false],
    ['a'.repeat(200), `${'*a'.repeat(30)}b`, false],
  ];
  for (const [name, pattern, yes] of patterns)
    it(`${pattern.slice(0, 20)} ${yes ? 'fits' : 'does not fit'} ${name.slice(0, 20)}`, () =>
      expect(matches(name, pattern)).to.equal(yes));
});
