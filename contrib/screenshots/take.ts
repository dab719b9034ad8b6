/**
 * `make screenshots`: a picture of each view of the page, of real daemons. The network of `make demo` comes up, a prefix is
 * hijacked, a packet with a forged source is traced, and Chromium looks at the daemon of the victim.
 */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { SMTPServer } from 'smtp-server';
import type { SummaryRow } from '../../src/collector/messages.ts';
import type { ProbeStatusRow, TracePeerRow } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { until } from '../../test/interop/bgp-peers.ts';
import { prepareDaemons } from '../demo/daemons.ts';
import { makeCaptures } from '../demo/packets.ts';
import { startRouters } from '../demo/routers.ts';
import { ATTACKER, addressesOf, FEEDS, PREFIXES, TAKING_PART, TAPPED, TRANSIT, VICTIM } from '../demo/topology.ts';

const PORT = 8480;
const TOKEN = 'shown-in-no-picture-1';
/** Octets of a picture at most. */
const MOST = 150_000;
const HERE = fileURLToPath(new URL('.', import.meta.url));

const run = randomInt(16, 255);
const directory = mkdtempSync(join(tmpdir(), 'intertrack-screenshots-'));
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, _session, done) => {
    stream.on('end', done);
    stream.resume();
  },
});
await new Promise<void>(resolve => smtp.listen(0, '127.0.0.1', resolve));
const { daemon: address } = addressesOf(run, VICTIM);
const token = join(directory, 'duty.token');
writeFileSync(token, `${TOKEN}\n`, { mode: 0o600 });
const daemons = prepareDaemons(
  directory,
  run,
  (smtp.server.address() as AddressInfo).port,
  `http { listen ${address} port ${PORT}; token "${token}" role operator; }\n`,
);
const { rows } = daemons;

/** Sessions, a hijack that goes on, probes and a trace. Resolves with the names of the case and the trace. */
async function happen(): Promise<{ readonly id: string; readonly trace: string }> {
  await until(
    'the victim holds routes',
    async () => {
      const peers = await rows<SummaryRow>(VICTIM, 'show', 'bgp', 'summary');
      return (
        peers.length === 1 + FEEDS.length &&
        peers.every(({ state, prefixes }) => state === 'Established' && prefixes >= 5)
      );
    },
    120_000,
  );
  await routers.announce(ATTACKER, PREFIXES[VICTIM]!);
  const captures = makeCaptures(Math.floor(Date.now() / 1000) - 120);
  for (const [as, capture] of captures.taps) writeFileSync(join(directory, `as${as}-tap.pcap`), capture);
  const suspects = join(directory, 'suspects.pcap');
  writeFileSync(suspects, captures.suspects);
  for (const as of TAPPED) daemons.probe(as);
  for (const as of TAPPED)
    await until(
      `the probe of AS${as} has read its tap`,
      async () => ((await rows<ProbeStatusRow>(as, 'show', 'probe'))[0]?.packets ?? 0) >= captures.packets,
      120_000,
    );
  for (const as of TAKING_PART)
    await until(
      `AS${as} has its trace sessions`,
      async () => {
        const peers = await rows<TracePeerRow>(as, 'show', 'traceback');
        return peers.length === TAKING_PART.length - 1 && peers.every(({ state }) => state === 'Established');
      },
      120_000,
    );
  const [trace] = await rows<Trace>(VICTIM, 'trace', 'packet', suspects, '-n', '3', '--purpose', 'attack');
  let found: Case | undefined;
  await until('the mails of the case are out', async () => {
    [found] = await rows<Case>(VICTIM, 'show', 'case', 'open');
    return found !== undefined && found.told.length > 0;
  });
  if (trace === undefined || found === undefined) throw new Error('there is no case, or no trace');
  await daemons.itctl(VICTIM, 'case', 'ack', found.id, 'reason', 'the NOC of the upstream is called');
  return { id: found.id, trace: trace.id };
}

interface Look {
  readonly name: string;
  readonly hash: string;
  readonly dark?: boolean;
  readonly japanese?: boolean;
  /** What a person does there first. */
  readonly first?: (page: Page) => Promise<void>;
}

/** Waits for what is read, and takes the picture. */
async function take(browser: Browser, { name, hash, dark = false, japanese = false, first }: Look): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 860 },
    locale: japanese ? 'ja-JP' : 'en-GB',
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  try {
    await context.addInitScript(`sessionStorage.setItem('intertrack-token', '${TOKEN}')`);
    const page = await context.newPage();
    await page.goto(`http://${address}:${PORT}/#/${hash}`);
    await first?.(page);
    await until(`${name} is there`, () =>
      page.evaluate<boolean>(
        '!/Reading …|読み込み中/.test(document.querySelector("main:has(h1)")?.textContent ?? "Reading …")',
      ),
    );
    await page.evaluate('document.fonts.ready.then(() => new Promise(requestAnimationFrame))');
    const path = join(HERE, `${name}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    if (existsSync('/usr/bin/pngquant')) execFileSync('pngquant', ['--force', '--strip', '--output', path, '64', path]);
    const { size } = statSync(path);
    if (size > MOST) throw new Error(`${name}.png has ${size} octets, more than ${MOST}: is pngquant installed?`);
    console.log(`${name}.png ${size} octets`);
  } finally {
    await context.close();
  }
}

for (const as of TAKING_PART) daemons.start(as);
const routers = await startRouters(run);
let browser: Browser | null = null;
try {
  const { id, trace } = await happen();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const looks: readonly Look[] = [
    { name: 'overview', hash: 'overview' },
    { name: 'cases', hash: 'cases' },
    { name: 'case', hash: `case/${id}` },
    { name: 'case-japanese', hash: `case/${id}`, japanese: true },
    { name: 'traces', hash: 'traces' },
    { name: 'trace', hash: `trace/${trace}` },
    { name: 'trace-dark', hash: `trace/${trace}`, dark: true },
    {
      name: 'routes',
      hash: 'routes',
      first: async page => {
        await page.locator('main search input').first().fill(PREFIXES[VICTIM]!);
        await page.keyboard.press('Enter');
        await page.locator('main tbody tr').first().waitFor();
      },
    },
    { name: 'registry', hash: 'registry' },
    { name: 'probes', hash: 'probes' },
    {
      name: 'trace-peers',
      hash: 'traceback',
      first: page => page.locator('.as-graph .node', { hasText: `AS${TRANSIT}` }).click(),
    },
  ];
  for (const look of looks) await take(browser, look);
} finally {
  await browser?.close();
  await daemons.close();
  await routers.close();
  smtp.close();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
