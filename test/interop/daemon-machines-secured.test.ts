/** NATS and PostgreSQL as man/intertrack-machines.7 has them: TLS, users that publish as themselves, roles that may little. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Bus, openBus } from '../../src/bus/connection.ts';
import { machineName } from '../../src/bus/subjects.ts';
import { type DatabaseOptions, openDatabase } from '../../src/store/postgresql/database.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { MACHINES_PORT, machinesOf, OFFENDER, prefixOf, type Shared, sharedServers } from './machines.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PAGE = readFileSync(new URL('../../man/intertrack-machines.7', import.meta.url), 'utf8');
/** The examples of the page. */
const EXAMPLES = [...PAGE.matchAll(/^\.Bd -literal[^\n]*\n([\s\S]*?)^\.Ed$/gm)].map(([, text]) => text!);
const example = (begin: string): string => {
  const found = EXAMPLES.filter(text => text.startsWith(begin));
  expect(found, `examples that begin with ${begin}`).to.have.length(1);
  return found[0]!;
};
/** The database's superuser in tests is called intertrack already. */
const OWNER = 'bookkeeper';
const statements = (sql: string): string[] =>
  sql
    .replaceAll(/\b(ROLE|OWNER) intertrack\b/g, `$1 ${OWNER}`)
    .split(/;\n/)
    .filter(one => one.trim() !== '');

const SECRETS = { tokyo: 'bus-s3cret-1', cases1: 'bus-s3cret-2', collector: 'db-s3cret-1', cases: 'db-s3cret-2' };

describe('interop/daemon-machines-secured', function () {
  this.timeout(240_000);
  const collectorAt = loopbackAddress();
  const engineAt = loopbackAddress();
  const feedAt = loopbackAddress();
  let shared: Shared;
  let files: Intertrackd;
  let collector: Intertrackd;
  let engine: Intertrackd;
  let rogue: Intertrackd;
  let feed: Speaker;
  const buses: Bus[] = [];

  /** A certificate of the authority for a name or an address, with its key, in `where`. */
  function certify(where: string, name: string, subject: string, authority = 'ca'): void {
    const signed =
      subject === 'CA' ? [] : ['-CA', files.at(`${authority}.crt`), '-CAkey', files.at(`${authority}.key`)];
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
          ...signed,
        ],
        ...['-subj', `/CN=${name}`, '-keyout', join(where, `${name}.key`), '-out', join(where, `${name}.crt`)],
        ...(subject === 'CA' ? [] : ['-addext', `subjectAltName=${subject}`, '-addext', 'basicConstraints=CA:FALSE']),
      ],
      { stdio: 'ignore' },
    );
    chmodSync(join(where, `${name}.key`), 0o600);
  }

  async function secureNats(): Promise<void> {
    const { nats } = shared;
    certify(nats.directory, 'server', `IP:${nats.host}`);
    writeFileSync(join(nats.directory, 'ca.crt'), readFileSync(files.at('ca.crt')));
    const passwords = [SECRETS.tokyo, SECRETS.cases1];
    const settings = example('jetstream {')
      .replace('/var/lib/nats', join(nats.directory, 'store'))
      .replaceAll('/etc/nats/', `${nats.directory}/`)
      .replaceAll('192-0-2-10', machineName(collectorAt))
      .replaceAll('192-0-2-20', machineName(engineAt))
      .replaceAll('$2a$11$...', () => passwords.shift()!);
    expect(passwords).to.deep.equal([]);
    await nats.kill();
    writeFileSync(join(nats.directory, 'nats.conf'), `listen: "${nats.host}:${nats.port}"\n${settings}`);
    await nats.start();
  }

  async function securePostgresql(): Promise<void> {
    const { postgresql } = shared;
    const { directory, host } = postgresql;
    certify(directory, 'server', `IP:${host}`);
    writeFileSync(join(directory, 'root.crt'), readFileSync(files.at('ca.crt')));
    const { uid, gid } = statSync(directory);
    for (const name of ['server.crt', 'server.key', 'root.crt']) chownSync(join(directory, name), uid, gid);
    const settings = ["ssl = on\nssl_ca_file = 'root.crt'\n", `host all intertrack ${host}/8 trust\n`];
    writeFileSync(join(directory, 'intertrack.conf'), settings[0]!, { flag: 'a' });
    writeFileSync(
      join(directory, 'pg_hba.conf'),
      settings[1]! + example('hostssl ').replaceAll('192.0.2.0/24', '127.0.0.0/8'),
    );
    await postgresql.query('SELECT pg_reload_conf()');
    for (const one of statements(example('CREATE ROLE intertrack'))) await postgresql.query(one);
    // The owner, once: it makes the tables.
    const made = await openDatabase({ ...database(OWNER), url: `postgres://intertrack@${host}:5432/intertrack` });
    await made.close();
    for (const { tablename } of await postgresql.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
      [],
      'intertrack',
    ))
      await postgresql.query(`ALTER TABLE ${tablename} OWNER TO ${OWNER}`, [], 'intertrack');
    const passwords = [SECRETS.cases, SECRETS.collector];
    for (const one of statements(example('CREATE ROLE cases').replaceAll("'...'", () => `'${passwords.shift()}'`)))
      await postgresql.query(one, [], 'intertrack');
  }

  const database = (
    user: string,
    password: string | null = null,
    more: Partial<DatabaseOptions> = {},
  ): DatabaseOptions => ({
    url: `postgres://${user}@${shared.postgresql.host}:5432/intertrack?sslmode=verify-full`,
    passwordFile: password === null ? null : secret(password),
    authorities: files.at('ca.crt'),
    certificate: files.at('machine.crt'),
    key: files.at('machine.key'),
    holder: 'test',
    onProblem: () => {},
    ...more,
  });

  let secrets = 0;
  function secret(text: string): string {
    const path = files.write(`secret${secrets++}`, `${text}\n`);
    chmodSync(path, 0o600);
    return path;
  }

  function machine(address: string, role: 'collector' | 'cases', user: 'tokyo' | 'cases1', more = ''): Intertrackd {
    const made = intertrackd(address);
    const { nats, postgresql, smtp } = shared;
    const identity = `authority "${files.at('ca.crt')}"; identity "${files.at('machine.key')}" certificate "${files.at('machine.crt')}";`;
    made.configure(`
role ${role};
bus nats "tls://${nats.host}:${nats.port}" { ${identity} credentials "${secret(`${user}:${SECRETS[user]}`)}"; partitions 2; }
store postgresql "postgres://${role}@${postgresql.host}:5432/intertrack?sslmode=verify-full" {
  ${identity} password "${secret(SECRETS[role])}"; }
irr JPIRR { dump "${files.write('jpirr.db', `route: ${prefixOf(0)}\norigin: AS64500\nmnt-by: MAINT-OWNER\nsource: JPIRR\n`)}"; authoritative; }
watch ours { maintainer MAINT-OWNER; group noc; hold up 1s; hold down 1s; }
group noc { mail "oncall@example.net"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${smtp.port}; tls none; language en; }
${more}`);
    return made;
  }
  const feedFor = (address: string) => `bgp listen ${address} port ${MACHINES_PORT};
protocol bgp feed { neighbor ${feedAt} as 64497; local address ${address}; passive; }`;

  before(async function () {
    skipFor(this, spawnSync('openssl', ['version']).error === undefined ? null : 'no openssl here');
    const servers = await sharedServers(1);
    if (servers === null) return this.skip();
    shared = servers;
    files = intertrackd(loopbackAddress());
    certify(files.directory, 'ca', 'CA');
    certify(files.directory, 'stranger', 'CA');
    certify(files.directory, 'machine', 'DNS:machine.example.net');
    certify(files.directory, 'foreign', 'DNS:machine.example.net', 'stranger');
    await secureNats();
    await securePostgresql();
    engine = machine(engineAt, 'cases', 'cases1');
    collector = machine(collectorAt, 'collector', 'tokyo', feedFor(collectorAt));
    await Promise.all([engine.start(), collector.start()]);
  });
  after(async () => {
    feed?.close();
    for (const one of buses) await one.close();
    for (const one of [collector, engine, rogue, files]) await one?.close();
    await shared?.close();
  });

  it('is enough for all that machines do', async () => {
    await until('they know of each other', async () => {
      const rows = await Promise.all([machinesOf(collector), machinesOf(engine)]);
      return rows.every(of => of.length === 2) && rows[0]!.some(({ partitions }) => partitions.length === 2);
    });
    feed = await startSpeaker({ from: feedAt, to: collectorAt, port: MACHINES_PORT, as: 64497 });
    feed.announce([prefixOf(0)], 64497, 64511, OFFENDER);
    feed.endOfRib();
    await until('the mail is there', () => shared.smtp.received.length === 1);
    const [found] = await collector.cases();
    expect(found!.prefix).to.equal(prefixOf(0));
    await collector.ask('case', 'note', found!.id, 'seen');
    const rows = (await engine.ask('show', 'route', prefixOf(0), 'all')) as readonly object[];
    expect(rows).to.have.length(1);
    feed.withdraw(prefixOf(0));
    await until('its end is told', () => shared.smtp.received.length === 2);
    for (const one of [engine, collector]) {
      const refused = one
        .log()
        .split('\n')
        .filter(line => /violation|permission|denied|SQLSTATE/i.test(line));
      expect(refused).to.deep.equal([]);
      expect((await one.status()).problems.filter(words => /bus|database|postgresql/.test(words))).to.deep.equal([]);
    }
  });

  it('refuses who publishes as another machine, which says so', async () => {
    const at = loopbackAddress();
    rogue = machine(at, 'collector', 'tokyo', feedFor(at));
    await rogue.start();
    await until('it is said', () => /Permissions Violation/.test(rogue.log()));
    await until('its log names what it may not', () => rogue.log().includes(machineName(at)));
    await until('so does its status', async () =>
      (await rogue.status()).problems.some(words => /cannot be published/.test(words)),
    );
    expect((await machinesOf(engine)).map(one => one.machine)).not.to.contain(at);
    await rogue.end('SIGKILL');
  });

  it('says what is wrong with a password or a certificate, without any of it', async () => {
    const { nats } = shared;
    const bus = (more: Partial<Parameters<typeof openBus>[0]>): Bus => {
      const made = openBus({
        ...{
          servers: [`tls://${nats.host}:${nats.port}`],
          authorities: files.at('ca.crt'),
          machine: machineName(collectorAt),
        },
        ...{ certificate: files.at('machine.crt'), key: files.at('machine.key'), onState: () => {} },
        credentials: secret(`tokyo:${SECRETS.tokyo}`),
        ...more,
      });
      buses.push(made);
      return made;
    };
    const troubles = [
      [bus({ credentials: secret('tokyo:wr0ng') }), /authorization/i],
      [bus({ authorities: files.at('stranger.crt') }), /certificate|issuer/i],
      [
        bus({ certificate: files.at('foreign.crt'), key: files.at('foreign.key') }),
        /certificate|unknown ca|tls|closed|reset/i,
      ],
      [bus({ certificate: null, key: null }), /certificate|tls|closed|reset/i],
    ] as const;
    for (const [one, words] of troubles) {
      await until(`it is refused: ${words}`, () => one.trouble !== 'not connected yet');
      expect(one.up).to.equal(false);
      expect(one.trouble)
        .to.match(words)
        .and.not.match(/s3cret|wr0ng/);
    }

    const rejection = (options: DatabaseOptions) =>
      openDatabase(options).then(
        () => 'none',
        (error: Error) => error.message,
      );
    expect(await rejection(database('collector', 'wr0ng')))
      .to.match(/password authentication failed .*SQLSTATE 28P01\): check user, password/)
      .and.not.contain('wr0ng');
    expect(
      await rejection(database('collector', SECRETS.collector, { authorities: files.at('stranger.crt') })),
    ).to.match(/certificate/);
    expect(await rejection(database('collector', SECRETS.collector, { certificate: null, key: null }))).to.match(
      /client certificate/,
    );
  });

  it('lets roles do what they need, and no more', async () => {
    const opened = await openDatabase(database('collector', SECRETS.collector));
    const refused = (promise: Promise<unknown>) =>
      promise.then(
        () => 'nothing',
        (error: Error) => error.message,
      );
    try {
      expect(await opened.agree('partitions', '9')).to.equal('2');
      expect(await refused(opened.take('cases/0', 1_000))).to.match(
        /permission denied for table leases .*42501\): grant it/,
      );
      expect(await refused(opened.pool.query('DELETE FROM cases'))).to.contain('permission denied');
      expect(await refused(opened.pool.query("UPDATE settings SET value = '9'"))).to.contain('permission denied');
    } finally {
      await opened.close();
    }
    const cases = await openDatabase(database('cases', SECRETS.cases));
    try {
      for (const sql of ['CREATE TABLE more (x integer)', 'DROP TABLE outbox', 'TRUNCATE settings'])
        expect(await refused(cases.pool.query(sql)), sql).to.match(/permission denied|must be owner/);
    } finally {
      await cases.close();
    }
  });

  it('shows no secret, and what is not there', async () => {
    await shared.nats.kill();
    for (const one of [engine, collector])
      await until('the bus is missed', async () =>
        (await one.status()).problems.some(words => /bus is not there/.test(words)),
      );
    await shared.postgresql.kill();
    await until('the database is missed', async () =>
      (await engine.status()).problems.some(words => /leases of the cases: postgresql/.test(words)),
    );
    const keys = ['machine.key', 'ca.key'].map(name => readFileSync(files.at(name), 'utf8').split('\n')[1]!);
    for (const one of [engine, collector]) {
      const shown = await Promise.all(['config', 'status', 'safety', 'collector'].map(what => one.itctl('show', what)));
      expect(shown[0]!.stdout).to.contain('store postgresql');
      const all = shown.map(({ stdout, stderr }) => stdout + stderr).join() + one.log();
      for (const text of [...Object.values(SECRETS), ...keys]) expect(all).not.to.contain(text);
    }
  });
});
