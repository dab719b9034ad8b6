import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatErrors, loadConfig } from '../../src/config/index.ts';
import { readTraceFiles } from '../../src/daemon/trace-files.ts';
import { readHttpFiles } from '../../src/web/server.ts';
import { makeAuthority, makeIdentity } from '../traceback/certificates.ts';
import { ROOT } from './sources.ts';

const EXAMPLES = join(ROOT, 'conf/examples');
/** What an example is for, and a statement without which it is not that. */
const KINDS: Record<string, RegExp> = {
  'small-isp.conf': /^watch ours \{/m,
  'route-collector.conf': /x-keiro in JPIRR/,
  'ixp.conf': /segment 203\.0\.113\.0\/24/,
  'csirt.conf': /^rid \{/m,
  'machines.conf': /^bus nats [\s\S]*^store postgresql /m,
  'traceback-only.conf': /^traceback \{/m,
};

describe('the examples of conf', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-examples-'));
  before(() => {
    // Keys, certificates, the federation's secret and tokens, which no example can bring along.
    const authority = makeAuthority('jp-isp');
    writeFileSync(join(directory, 'jp-isp.crt'), authority.certificate);
    writeFileSync(join(directory, 'jp-isp.key'), '0123456789abcdef0123456789abcdef', { mode: 0o600 });
    for (const as of [64500, 64510]) makeIdentity(as, directory, { authority });
    for (const token of ['noc', 'operator', 'reader', 'duty'])
      writeFileSync(join(directory, `${token}.token`), `0123456789abcdef-${token}\n`, { mode: 0o600 });
    mkdirSync(join(directory, 'state'));
    cpSync(EXAMPLES, directory, { recursive: true });
    cpSync(join(ROOT, 'conf/intertrackd.conf'), join(directory, 'intertrackd.conf'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('are these', () => expect(readdirSync(EXAMPLES).sort()).to.deep.equal(Object.keys(KINDS).sort()));

  for (const [name, statement] of [...Object.entries(KINDS), ['intertrackd.conf', /^watch ours \{/m] as const])
    it(`${name} is right, and nothing in it is warned of`, async () => {
      // As `intertrackd -t` does it, without a program for each.
      const loaded = await loadConfig(join(directory, name));
      expect(formatErrors([...(loaded.ok ? [] : loaded.errors), ...loaded.warnings])).to.equal('');
      const { config, risks } = loaded as Extract<typeof loaded, { ok: true }>;
      expect(formatErrors(risks), 'what a reader would copy without knowing of it').to.equal('');
      if (config.traceback) readTraceFiles(config.traceback, config.localAs);
      if (config.http) readHttpFiles(config.http);
      expect(readFileSync(join(directory, name), 'utf8')).to.match(statement);
    });

  it('name no network but those of documentation and of everybody', () => {
    const documentation = /^(192\.0\.2|198\.51\.100|203\.0\.113|127\.0\.0)\.|^::1?$|^2001:db8[:/]/;
    for (const name of Object.keys(KINDS)) {
      const code = readFileSync(join(EXAMPLES, name), 'utf8').replace(/ #.*|^#.*|00:00:5e[0-9a-f:]+/gm, '');
      const addresses = code.match(/\b\d+\.\d+\.\d+\.\d+|(?<= )[0-9a-f:]*::[0-9a-f]*/g) ?? [];
      for (const address of addresses) expect(address, name).to.match(documentation);
      for (const [, as] of code.matchAll(/\b(?:as|origin|upstream) (\d+)/g))
        expect(Number(as), `${name}: AS ${as}`).to.be.within(64496, 64511);
    }
  });

  it('tell what comes of them', () => {
    for (const name of Object.keys(KINDS)) {
      const text = readFileSync(join(EXAMPLES, name), 'utf8');
      expect(text, name).to.match(/^# \S/).and.to.include('\n# What comes of it:');
    }
  });
});
