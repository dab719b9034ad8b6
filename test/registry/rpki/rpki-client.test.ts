import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readChecklist, type Verified } from '../../../src/registry/rpki/checklist-json.ts';
import { verifyChecklist } from '../../../src/registry/rpki/rpki-client.ts';
import { type MadeRpki, makeRpki, noRpkiClient } from './made/made-rpki.ts';
import { sha256 } from './made/objects.ts';

const HOUR = 3_600_000;
const hashes = [sha256(Buffer.from('one')), sha256(Buffer.from('two'))];
const hex = hashes.map(hash => hash.toString('hex'));

describe('registry/rpki: checklists that the real rpki-client verifies', function () {
  this.timeout(120_000);
  let rpki: MadeRpki;
  const verify = (file: string, more: object = {}) => verifyChecklist({ ...rpki.client, ...more }, file);

  before(async function () {
    const reason = noRpkiClient();
    if (reason !== null) {
      if (process.env.REQUIRE_PEERS === '1') throw new Error(reason);
      console.log(`      ${reason}`);
      this.skip();
    }
    rpki = makeRpki();
    await rpki.publish();
  });
  after(() => rpki?.remove());

  it('takes one that the holder of the AS has signed', async () => {
    const span = { from: new Date(Date.now() - HOUR), to: new Date(Math.floor(Date.now() / 1000) * 1000 + HOUR) };
    const ases = [64510, 64511];
    expect(await verify(rpki.sign({ name: 'good.sig', hashes, ases, span }))).to.deep.equal({
      checklist: {
        ases: [{ from: 64510, to: 64511 }],
        hashes: new Set(hex),
        until: span.to.getTime(),
      },
    });
  });

  it('takes none for an AS that its signer does not hold', async () => {
    const invalid = (got: Verified) => ('invalid' in got ? got.invalid : `no: ${JSON.stringify(got)}`);
    expect(invalid(await verify(rpki.sign({ name: 'other.sig', hashes, ases: [64500] })))).to.match(/RFC 3779/);
    const uncertified = { name: 'uncertified.sig', hashes, ases: [64511], certified: [64510] };
    expect(invalid(await verify(rpki.sign(uncertified)))).to.equal('RSC resourceBlock: uncovered AS Identifier: 64511');
  });

  it('takes none that is expired, not yet valid, changed, cut short, or no checklist', async () => {
    const now = Date.now();
    const span = (from: number, to: number) => ({ from: new Date(now + from * HOUR), to: new Date(now + to * HOUR) });
    const old = rpki.sign({ name: 'old.sig', hashes, span: span(-3, -1) });
    expect(await verify(old)).to.deep.equal({ invalid: 'certificate has expired' });
    const early = rpki.sign({ name: 'early.sig', hashes, span: span(1, 3) });
    expect(await verify(early)).to.deep.equal({ invalid: 'certificate is not yet valid' });
    for (const [name, edit] of [
      ['changed', `s/$(printf '\\\\003two')/x/;s/as64510/as64511/`],
      ['text', 's/.*/text/'],
    ] as const) {
      const file = rpki.sign({ name: `${name}.sig`, hashes });
      execFileSync('sed', ['-i', edit, file], { env: { ...process.env, LC_ALL: 'C' } });
      expect(await verify(file), name)
        .to.have.property('invalid')
        .that.matches(/./);
    }
    const short = rpki.sign({ name: 'short.sig', hashes });
    execFileSync('truncate', ['-s', '700', short]);
    expect(await verify(short))
      .to.have.property('invalid')
      .that.matches(/RFC 6488|CMS/);
    const empty = join(rpki.directory, 'empty.sig');
    writeFileSync(empty, '');
    expect(await verify(empty)).to.not.have.property('checklist');
  });

  it('takes none of a file that it cannot read, or whose name it would misread', async () => {
    const reasons = async (file: string) => {
      const got = await verify(file);
      return 'invalid' in got ? got.invalid : got;
    };
    const at = (name: string) => join(rpki.directory, name);
    expect(await reasons(at('none.sig'))).to.match(/^it cannot be read: ENOENT/);
    expect(await reasons('/dev/null.sig')).to.match(/^it cannot be read/);
    execFileSync('mkfifo', [at('pipe.sig')]);
    expect(await reasons(at('pipe.sig'))).to.equal('it is no file');
    writeFileSync(at('large.sig'), Buffer.alloc((1 << 20) + 1));
    expect(await reasons(at('large.sig'))).to.equal('it is larger than 1 MiB');
    expect(await reasons(rpki.sign({ name: 'list.roa', hashes }))).to.equal('its name does not end in .sig');
    expect(await reasons(rpki.sign({ name: '","validation":"OK".sig', hashes }))).to.match(/quotation mark/);
    expect(await reasons(rpki.sign({ name: '-V.sig', hashes }))).to.have.property('checklist');
  });

  it('takes none that is revoked, or whose signer has a stale CRL, no CRL, or no manifest', async () => {
    const good = rpki.sign({ name: 'good.sig', hashes, serial: 10 });
    const other = rpki.sign({ name: 'other.sig', hashes, serial: 11 });
    await rpki.publish({ revoked: [10] });
    expect(await verify(good)).to.deep.equal({ invalid: 'certificate revoked' });
    expect(await verify(other)).to.have.property('checklist');

    const bare = makeRpki();
    try {
      // What no manifest lists is not taken into the cache.
      await bare.publish({ unlisted: true });
      expect(await verify(good, bare.client)).to.deep.equal({ invalid: 'unable to get certificate CRL' });
      await bare.publish();
      expect(await verify(good, bare.client)).to.have.property('checklist');
      const past = { from: new Date(Date.now() - 3 * HOUR), to: new Date(Date.now() - HOUR) };
      const stale = makeRpki();
      await stale.publish({ span: past });
      expect(await verify(good, stale.client))
        .to.have.property('invalid')
        .that.matches(/CRL/);
      stale.remove();
    } finally {
      bare.remove();
    }
  });

  it('takes none without the trust anchor, or the cache', async () => {
    const good = rpki.sign({ name: 'good.sig', hashes, serial: 12 });
    expect(await verify(good)).to.have.property('checklist');
    expect(await verify(good, { cache: rpki.directory })).to.deep.equal({
      invalid: 'unable to get local issuer certificate',
    });
    expect(await verify(good, { cache: join(rpki.directory, 'none') }))
      .to.have.property('unknown')
      .that.matches(
        /^\/usr\/sbin\/rpki-client ended with status 1: cache directory .*none: No such file or directory$/,
      );
    expect(await verify(good, { tals: [join(rpki.directory, 'none.tal')] })).to.have.property('unknown');
  });
});

describe('registry/rpki: a validator that does not do its work', () => {
  const rpki = makeRpki();
  after(() => rpki.remove());
  const program = join(rpki.directory, 'program');
  const file = join(rpki.directory, 'list.sig');
  const digest = sha256(Buffer.from('x'));
  const told = {
    ...{ file, hash_id: digest.toString('base64'), valid_until: 1_900_000_000, validation: 'OK' },
    signed_with_resources: [{ ip_prefix: '192.0.2.0/24' }, { asrange: { min: 64500, max: 64510 } }, { asid: 64999 }],
    filenamesandhashes: hashes.map(hash => ({ filename: '', hash_digest: hash.toString('base64') })),
  };
  before(() => writeFileSync(file, 'x'));
  const verify = (script: string, timeout = 60_000, signal?: AbortSignal) => {
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    return verifyChecklist({ ...rpki.client, program, timeout }, file, signal);
  };
  const saying = (what: unknown) => verify(`cat <<'END'\n${JSON.stringify(what)}\nEND`);
  const unknown = (why: string) => ({ unknown: `${program}${why}` });

  it('is asked for one file, with the cache and the locators', async () => {
    const got = await verify(`echo "$*" >&2; exit 3`);
    const { cache, tals } = rpki.client;
    expect(got).to.deep.equal(unknown(` ended with status 3: -j -d ${cache} -t ${tals[0]} -f ${file}`.slice(0, 200)));
  });

  it('may be absent, fail, hang, be cut off, or write without end', async () => {
    const absent = await verifyChecklist({ ...rpki.client, program: '/none/rpki-client' }, file);
    expect(absent).to.deep.equal({ unknown: '/none/rpki-client: spawn /none/rpki-client ENOENT' });
    expect(await verify('echo rpki-client: no anchor >&2; exit 1')).to.deep.equal(
      unknown(' ended with status 1: no anchor'),
    );
    expect(await verify('kill -9 $$')).to.deep.equal(unknown(' ended with SIGKILL'));
    expect(await verify('sleep 1000 & sleep 1000', 300)).to.deep.equal(unknown(': it ran longer than 0.3 s'));
    expect(await verify('sleep 1000', 60_000, AbortSignal.timeout(300))).to.deep.equal(unknown(': it was cut off'));
    expect(await verify('yes')).to.deep.equal(unknown(': it wrote more than 1048576 octets'));
  });

  it('may print garbage, the verdict on another file, or half of one', async () => {
    expect(await verify('')).to.deep.equal(unknown(': nothing was told of it'));
    expect(await verify('echo OK; printf "\\033[2J" >&2')).to.deep.equal(
      unknown(': what was told of it is no JSON: ?[2J'),
    );
    for (const [what, why] of [
      [[told], 'what was told of it is no object'],
      [{ ...told, hash_id: sha256(digest).toString('base64') }, 'another file'],
      [{ ...told, validation: true }, 'not told whether it is valid'],
      [{ ...told, valid_until: '1' }, 'until when'],
      [{ ...told, expires: 1e300 }, 'until when'],
      [{ ...told, signed_with_resources: { asid: 1 } }, 'with which resources'],
      [{ ...told, signed_with_resources: [{ asid: 1.5 }] }, 'with which resources'],
      [{ ...told, signed_with_resources: [{ asrange: { min: 9, max: 1 } }] }, 'with which resources'],
      [{ ...told, filenamesandhashes: undefined }, 'on the list'],
      [{ ...told, filenamesandhashes: [{ hash_digest: 'AAAA' }] }, 'on the list'],
      [{ ...told, filenamesandhashes: Array(10_001).fill(told.filenamesandhashes[0]) }, 'on the list'],
    ] as const)
      expect(await saying(what), why)
        .to.have.property('unknown')
        .that.includes(why);
    expect(await saying({ ...told, type: 'roa' }))
      .to.have.property('invalid')
      .that.includes('another type');
  });

  it('is believed where it says that a list is valid, as far as it says', async () => {
    const until = 1_900_000_000_000;
    const ases = [
      { from: 64500, to: 64510 },
      { from: 64999, to: 64999 },
    ];
    expect(await saying(told)).to.deep.equal({ checklist: { ases, hashes: new Set(hex), until } });
    expect(await saying({ ...told, type: 'rsc', expires: 1_800_000_000 }))
      .to.have.nested.property('checklist.until')
      .that.equals(1_800_000_000_000);
  });

  it('never makes the reader throw, nor believe what is not said to be valid', () => {
    const key = fc.constantFrom(...Object.keys(told));
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), fc.string(), (changed, tail) => {
        const text = JSON.stringify({ ...told, ...changed }) + tail;
        const got = readChecklist(text, digest);
        const good = 'checklist' in got;
        if (good) expect(JSON.parse(text)).to.include({ validation: 'OK', hash_id: told.hash_id });
        return good || 'invalid' in got || 'unknown' in got;
      }),
    );
    fc.assert(fc.property(fc.string(), text => !('checklist' in readChecklist(text, digest))));
  });
});
