import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FORMAT, fileEvidence } from '../../src/traceback/evidence-file.ts';
import { signRequest } from '../../src/traceback/request.ts';
import { sealKeys } from '../../src/traceback/seal.ts';
import { signStatement } from '../../src/traceback/statement.ts';
import { TRACE } from '../control/scripted.ts';
import { programFile } from '../programs.ts';
import { makeAuthority, makeCertificate } from '../traceback/certificates.ts';
import { recordOf } from '../traceback/signing.ts';

const ITCTL = programFile('itctl');

describe('itctl trace verify FILE', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'verify-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const authority = makeAuthority('federation');
  const pem = makeCertificate(64500, { authority });
  const now = Date.now();
  const request = signRequest(
    {
      ...{ trace: '0123456789abcdef', origin: 64500, issued: now, expires: now + 10_000, purpose: 'test' as const },
      ...{ reference: '', federation: '', need: 1, seal: sealKeys().seal, proof: [] },
      questions: [{ packet: 0, epoch: 1, digest: '0123456789abcdef', from: 0, to: 1 }],
    },
    createPrivateKey(pem.key),
    recordOf(64500, pem),
  );
  const said = signStatement(
    {
      ...{ as: 64500, by: 64500, request: request.hash, time: now, verdict: 'saw', reason: 'seen\\', ingress: [] },
      ...{ source: false, packets: 1, windows: 1, false_positive: 0, coverage: 1, loss: 0, sampling: 1 },
      ...{ retained_from: null, retained_to: null, provisional: false, egress: [], after: 0 },
    },
    createPrivateKey(pem.key),
    recordOf(64500, pem),
  );
  const tree = { ...TRACE.tree, children: [] };
  const document = { format: FORMAT, trace: { ...TRACE, tree }, evidence: fileEvidence(request, [said]) };

  function verify(what: unknown, ...words: string[]) {
    const [file, ca] = [join(directory, 'evidence.json'), join(directory, 'ca.pem')];
    writeFileSync(file, typeof what === 'string' ? what : JSON.stringify(what));
    writeFileSync(ca, authority.certificate);
    const all = [ITCTL, 'trace', 'verify', file, ...words.map(word => (word === 'CA' ? ca : word))];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', timeout: 20_000 });
    return { status, stdout, stderr: stderr.replace(file, 'FILE') };
  }

  it('tells who signed what, and that the authority vouches for it', () => {
    const { status, stdout, stderr } = verify(document, '--authority', 'CA');
    expect(status).to.equal(0);
    expect(stderr).to.equal('');
    expect(stdout.replace(/[0-9a-f]{64}/g, 'FINGERPRINT').replace(/20[\d-]+ [\d:]+Z/g, 'TIME')).to.equal(
      `Trace ${TRACE.id}
Request: 1 packet, 1 needed
  by AS64500, TIME: good, vouched for
  certificate FINGERPRINT
AS64500 saw: seen\\
  by AS64500, TIME: good, vouched for
  certificate FINGERPRINT
All is as it was signed: the request and 1 statement
`,
    );
  });

  it('says that nobody vouches, and what is broken', () => {
    const alone = verify(document, '-j');
    expect(alone).to.include({
      status: 0,
      stderr: 'itctl: nobody vouches for the certificates: name their authority with --authority\n',
    });
    const { good, statements } = JSON.parse(alone.stdout) as { good: boolean; statements: { says: object }[] };
    expect(good).to.equal(true);
    expect(statements[0]!.says).to.include({ as: 64500, request: Buffer.from(request.hash).toString('hex') });

    const statement = { ...document.evidence.statements[0]!, signature: Buffer.alloc(64).toString('base64') };
    const broken = verify({ ...document, evidence: { ...document.evidence, statements: [statement] } });
    expect(broken.status).to.equal(1);
    expect(broken.stdout).to.include('BROKEN: is not signed by that key');
    expect(broken.stdout).to.include('Not borne out: AS 64500 saw it: no good statement says so\n');
    expect(broken.stdout).to.include('Not all is as it was signed: 1 of 1 statement cannot be believed\n');
  });

  it('refuses what is no such file, and words that it does not know', () => {
    expect(verify('[]')).to.include({
      status: 1,
      stderr: 'itctl: FILE: it is no evidence of a trace, as `trace export ID --evidence` writes it\n',
    });
    expect(verify(document, '--authority', '/nonexistent')).to.include({ status: 1 });
    expect(verify(document, '--authority', ITCTL).stderr).to.match(/: holds no certificate in PEM\n$/);
    expect(verify(document, '--authority')).to.include({ status: 2 });
    expect(verify(document, 'x')).to.include({ status: 2 });
  });
});
