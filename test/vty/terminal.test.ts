/** The shell on a real terminal: tmux plays the person, and its pane is what the person sees. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { LogRow } from '../../src/control/live-rows.ts';
import { type ControlServer, openControl } from '../../src/control/server.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import { PARTIAL, ROUTES, scratch, scriptedDaemon, TRACE } from '../control/scripted.ts';
import { until as waitFor } from '../interop/bgp-peers.ts';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');

describe('itctl on a terminal', function () {
  this.timeout(240_000);
  const directory = scratch();
  const socket = join(directory.path, 'd.sock');
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-S', join(directory.path, 'tmux'), '-f', '/dev/null', ...args], { encoding: 'utf8' });
  let server: ControlServer | null = null;
  let release = (): void => {};
  let tells: ((row: LogRow) => void) | null = null;

  const open = async () => {
    server = await openControl({
      socket: { path: socket },
      daemon: scriptedDaemon({
        async routes({ scope }, take) {
          const row = (i: number) => ({ ...ROUTES[0]!, prefix: `10.0.${i}.0/24` });
          for (let at = 0; scope === 'longer' && at < 100; at += 25)
            await take(Array.from({ length: 25 }, (_, i) => row(at + i)));
          return { changed: 0 };
        },
        followLog(_, take) {
          tells = take;
          return () => {
            tells = null;
          };
        },
        startTrace: ({ onPartial, signal }) => {
          onPartial(PARTIAL);
          return new Promise((resolve, reject) => {
            release = () => resolve(TRACE);
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        },
      }),
      log: () => {},
    });
  };
  const screen = () => tmux('capture-pane', '-p', '-t', 'itctl').trimEnd();
  /** Waits for the pane to be as wanted; shows what it is instead when that never comes. */
  const until = async (wanted: RegExp) => {
    const last = Date.now() + 15_000;
    for (;;) {
      const seen = screen();
      if (wanted.test(seen)) return seen;
      if (Date.now() > last) throw new Error(`the terminal never showed ${wanted}:\n${seen}`);
      await sleep(30);
    }
  };
  const type = (...keys: string[]) => tmux('send-keys', '-t', 'itctl', ...keys);
  const clear = async () => {
    type('C-l');
    await until(/^itctl>\s*$/);
  };

  before(async function () {
    if (spawnSync('tmux', ['-V']).error !== undefined) {
      if (process.env.REQUIRE_PEERS === '1') throw new Error('tmux is not installed');
      return this.skip();
    }
    await open();
    const shell = `unset PAGER; '${process.execPath}' '${ITCTL}' -s '${socket}'; echo "ended with $?"; exec cat`;
    tmux('-u', 'new-session', '-d', '-s', 'itctl', '-x', '80', '-y', '24', shell);
    await until(/^itctl>$/);
  });
  after(async () => {
    try {
      tmux('kill-server');
    } catch {
      // It was not installed, or is gone already.
    }
    await server?.close();
    directory.remove();
  });

  it('helps at ? without Enter, and keeps the line', async () => {
    type('-l', 'show bgp ?');
    expect(await until(/summary[\s\S]*\nitctl> show bgp$/)).to.equal(
      [
        'itctl> show bgp',
        '  neighbor Details of one session or all',
        '  summary  One line for each peer',
        'itctl> show bgp',
      ].join('\n'),
    );
    type('C-u');
    await clear();
  });

  it('says what is wrong before the ?', async () => {
    type('-l', 'shw ?');
    expect(await until(/nearest is/)).to.include('unknown word "shw": expected');
    type('C-u');
    await clear();
  });

  it('completes a word at Tab, and lists what it may become', async () => {
    type('-l', 'sho');
    type('Tab');
    await until(/^itctl> show$/);
    type('-l', 'bgp nei');
    type('Tab');
    await until(/^itctl> show bgp neighbor$/);
    type('-l', 't');
    type('Tab');
    await until(/^itctl> show bgp neighbor tyo1$/);
    type('Enter');
    expect(await until(/\nitctl>$/)).to.include('Peer tyo1, 203.0.113.1 AS64496');
    await clear();
    type('-l', 'show t');
    type('Tab');
    await until(/^itctl> show trace$/);
    // Each on its own: tabs that come together are taken for pasted text.
    while (!/trace +traceback/.test(screen())) {
      type('Tab');
      await sleep(100);
    }
    type('C-u');
    await clear();
  });

  it('completes the name of a file', async () => {
    writeFileSync(join(directory.path, 'attack.pcap'), writePcap(1, [{ time: 0n, bytes: Uint8Array.of(1) }]));
    type('-l', `tr pa ${directory.path}/att`);
    type('Tab');
    await until(/attack\.pcap$/);
  });

  it('draws what is known so far, then the end over it', async () => {
    type('Enter');
    await until(/partial after 3 ms/);
    release();
    const seen = await until(/final after 182 ms[\s\S]*\nitctl>$/);
    expect(seen).not.to.include('partial after');
    expect(seen).to.include('│  ├─ AS64510 saw~');
    await clear();
  });

  it('cancels at Ctrl-C', async () => {
    type('Up', 'Enter');
    await until(/partial after 3 ms/);
    type('C-c');
    const seen = await until(/cancelled\nitctl>$/);
    expect(seen).to.match(/partial after 3 ms[\s\S]*\nwhat was known is kept: show trace t20260301-120003-9f3a\n/);
    expect(seen).not.to.include('final');
    await clear();
  });

  it('stops at each page, goes on by key, and leaves the line alone', async () => {
    type('-l', 'show route 10.0.0.0/8 longer');
    type('Enter');
    const last = Number(/10\.0\.(\d+)\.0\/24.*\n--More--$/.exec(await until(/--More--$/))?.[1]);
    expect(last).to.be.within(10, 22); // a legend and a head stand above
    type('Enter');
    await until(new RegExp(`10\\.0\\.${last + 1}\\.0/24.*\\n--More--$`));
    type('Space');
    await until(new RegExp(`10\\.0\\.${last + 24}\\.0/24.*\\n--More--$`));
    type('q');
    expect(await until(/\nitctl>$/)).to.match(/cancelled|itctl>$/);
    await clear();
    type('-l', 'terminal length 0');
    type('Enter');
    await until(/\nitctl>$/);
    type('Up', 'Up', 'Enter');
    await until(/10\.0\.99\.0\/24.*\nitctl>$/);
    type('-l', 'term len 24');
    type('Enter');
    await clear();
  });

  it('shows answers through $PAGER, which may end before they do', async () => {
    const shell = (pager: string) => `PAGER='${pager}' '${process.execPath}' '${ITCTL}' -s '${socket}'`;
    tmux('new-window', '-t', 'itctl', shell('sed "s/^/> /"'));
    await until(/^itctl>$/);
    type('-l', 'show route 10.0.0.0/8 longer');
    type('Enter');
    expect(await until(/\nitctl>$/)).to.match(/> .*10\.0\.99\.0\/24.*\nitctl>$/);
    tmux('kill-window', '-t', 'itctl');
    tmux('new-window', '-t', 'itctl', shell('read line; echo "first: $line"; read key </dev/tty; echo "key: $key"'));
    await until(/^itctl>$/);
    type('-l', 'show route 10.0.0.0/8 longer');
    type('Enter');
    await until(/first: .*\n*$/);
    type('C-c', 'C-m');
    await until(/\nitctl>$/);
    type('-l', 'show status');
    type('Enter');
    await until(/first: [\s\S]*first: /);
    type('-l', 'x');
    type('Enter');
    await until(/key: x[\s\S]*\nitctl>$/);
    tmux('kill-window', '-t', 'itctl');
  });

  it('shows lines of the log above the line that is typed, which stays as it is', async () => {
    type('-l', 'terminal monitor warn');
    type('Enter');
    await until(/\nitctl>$/);
    const half = `show case | include ${'x'.repeat(80)}`;
    type('-l', half);
    await until(/x{20}$/);
    await waitFor('somebody listens', () => tells !== null);
    tells!({ time: Date.UTC(2026, 2, 1, 12), level: 'warn', text: 'peer tyo1 is down' });
    const seen = await until(/peer tyo1 is down\nitctl> show case[\s\S]*x{20}$/);
    // The line is there once, though it takes two of the screen.
    expect(seen.match(/show case/g)).to.have.length(1);
    expect(seen).to.include('2026-03-01 12:00:00Z warn  peer tyo1 is down\n');
    type('C-c');
    await until(/\^C\nitctl>$/);
    type('-l', 'terminal no monitor');
    type('Enter');
    await waitFor('nobody listens', () => tells === null);
    await clear();
  });

  it('draws a watched command over itself until Ctrl-C', async () => {
    type('-l', 'watch show bgp summary every 1s');
    type('Enter');
    await until(/\n2 peers, 1 established, 8348 prefixes$/);
    type('C-c');
    const seen = await until(/8348 prefixes\nitctl>$/);
    expect(seen).to.match(/\nevery 1s: show bgp summary +\d{4}-/);
    await clear();
  });

  it('drops a half typed line at Ctrl-C', async () => {
    type('-l', 'show sta');
    type('C-c');
    await until(/show sta\^C\nitctl>$/);
    await clear();
  });

  it('connects again when the daemon was restarted, and says so', async () => {
    await server?.close();
    await until(/The connection to intertrackd is lost; trying again\.\nitctl>$/);
    type('-l', 'show config');
    type('Enter');
    await until(/there is no connection to intertrackd at [\s\S]*\nitctl>$/);
    await open();
    await until(/Connected to intertrackd again\.\nitctl>$/);
    type('-l', 'show config');
    type('Enter');
    await until(/router id 192\.0\.2\.10;/);
    await clear();
  });

  it('ends at Ctrl-D', async () => {
    type('C-d');
    await until(/ended with 0/);
  });
});
