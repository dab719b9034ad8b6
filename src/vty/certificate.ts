/** `itctl cert …`: certificates that name an AS, and a small authority for a federation. */
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { parseAsn } from '../bgp/as-path.ts';
import { DAY, HOUR } from '../config/units.ts';
import { fingerprintOf } from '../net/fingerprint.ts';
import { issueCertificate } from '../net/issue-certificate.ts';
import { outOfDate } from '../net/tls.ts';
import { keyStatement } from '../traceback/checklist.ts';
import { asOfCertificate } from '../traceback/identity.ts';
import type { OfflineStreams } from './decode-mrt.ts';
import { readCertificates, readKey, writePem } from './pem-file.ts';
import { facts, plain } from './render/text.ts';
import { instant } from './render/time.ts';
import { EXIT } from './run.ts';
import { sortWords, type WordOptions } from './word-options.ts';

/** How long certificates are good where nothing else is said, and at most; days. */
const AS_DAYS = 365;
const AUTHORITY_DAYS = 3650;
const MOST_DAYS = 36_500;
/** Clocks of others may be behind by this much, ms. */
const BEFORE = HOUR;

type Answer = number | string;

const uriOf = (as: number) => `urn:intertrack:as:${as}`;

/** Carries out a command whose words were sorted; a text is what is wrong with them. What is thrown is said. */
function carryOut(
  options: WordOptions | string,
  streams: OfflineStreams,
  work: (options: WordOptions) => Answer,
): Answer {
  if (typeof options === 'string') return options;
  try {
    return work(options);
  } catch (error) {
    streams.err(plain((error as Error).message));
    return EXIT.failed;
  }
}

const need = <T extends object>(read: T | { readonly wrong: string }): T => {
  if ('wrong' in read) throw new Error(read.wrong);
  return read;
};
const daysOf = (values: WordOptions['values'], otherwise: number): number | string => {
  const text = values.get('--days') ?? String(otherwise);
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= MOST_DAYS
    ? Number(text)
    : `--days is 1 to ${MOST_DAYS}, not ${text}`;
};

/** Writes a certificate and tells of it. */
function write(file: string, text: string, replace: boolean, json: boolean, streams: OfflineStreams): number {
  const wrong = writePem(file, text, 0o644, replace);
  if (wrong !== null) throw new Error(wrong);
  return tell(file, need(readCertificates(file)), json, streams);
}

function span(days: number): { readonly from: Date; readonly to: Date } {
  const now = Date.now();
  return { from: new Date(now - BEFORE), to: new Date(now + days * DAY) };
}

/** `cert make AS --key FILE --out FILE [--days NUMBER] [--force]`: signed by itself. */
export function makeCertificate(words: readonly string[], json: boolean, streams: OfflineStreams): Answer {
  const valued = ['--key', '--out', '--days'];
  const options = sortWords(words, { expected: ['an AS'], valued, flags: ['--force'], required: ['--key', '--out'] });
  return carryOut(options, streams, ({ words: [text], values, flags }) => {
    const as = parseAsn(text!);
    const days = daysOf(values, AS_DAYS);
    if (as === null || as === 0) return `"${text}" is no AS number`;
    if (typeof days === 'string') return days;
    const key = need(readKey(values.get('--key')!));
    const made = issueCertificate({ subject: `AS${as}`, key, uris: [uriOf(as)], authority: false, ...span(days) });
    return write(values.get('--out')!, made, flags.has('--force'), json, streams);
  });
}

/** `cert authority make NAME --key FILE --out FILE [--days NUMBER] [--force]`: who vouches for a federation's members. */
export function makeAuthority(words: readonly string[], json: boolean, streams: OfflineStreams): Answer {
  const valued = ['--key', '--out', '--days'];
  const options = sortWords(words, { expected: ['a name'], valued, flags: ['--force'], required: ['--key', '--out'] });
  return carryOut(options, streams, ({ words: [subject], values, flags }) => {
    const days = daysOf(values, AUTHORITY_DAYS);
    if (typeof days === 'string') return days;
    if (!/^[\x20-\x7e]{1,64}$/.test(subject!)) return 'a name has 1 to 64 ASCII characters';
    const key = need(readKey(values.get('--key')!));
    const made = issueCertificate({ subject: subject!, key, uris: [], authority: true, ...span(days) });
    return write(values.get('--out')!, made, flags.has('--force'), json, streams);
  });
}

/**
 * `cert issue FILE --authority FILE --key FILE --out FILE [--days NUMBER] [--force]`: the authority vouches for the AS and the
 * key of a certificate that is signed by that key itself, which proves that its maker holds it, or by this authority before.
 */
export function issueToMember(words: readonly string[], json: boolean, streams: OfflineStreams): Answer {
  const valued = ['--authority', '--key', '--out', '--days'];
  const required = ['--authority', '--key', '--out'];
  const options = sortWords(words, { expected: ['a file'], valued, flags: ['--force'], required });
  return carryOut(options, streams, ({ words: [file], values, flags }) => {
    const days = daysOf(values, AS_DAYS);
    if (typeof days === 'string') return days;
    const authorityFile = values.get('--authority')!;
    const keyFile = values.get('--key')!;
    const [authority] = need(readCertificates(authorityFile));
    const key = need(readKey(keyFile));
    if (!authority!.ca) throw new Error(`${authorityFile}: is the certificate of no authority`);
    if (!authority!.checkPrivateKey(key)) throw new Error(`${keyFile}: is not the key of ${authorityFile}`);
    const old = outOfDate(authority!, Date.now());
    if (old !== null) throw new Error(`${authorityFile}: ${old}`);
    const [member] = need(readCertificates(file!));
    const as = asOfMember(file!, member!, authority!);
    const made = issueCertificate({
      ...{ subject: `AS${as}`, key: member!.publicKey, uris: [uriOf(as)], authority: false },
      ...within(span(days), authority!),
      issuer: { subject: commonName(authority!.subject), key },
    });
    return write(values.get('--out')!, made, flags.has('--force'), json, streams);
  });
}

/** The AS of a certificate that the authority may vouch for. */
function asOfMember(file: string, member: X509Certificate, authority: X509Certificate): number {
  const as = asOfCertificate(member);
  if (typeof as === 'string') throw new Error(`${file}: ${as}`);
  if (member.publicKey.asymmetricKeyType !== 'ed25519') throw new Error(`${file}: its key is no Ed25519 key`);
  if (!member.verify(member.publicKey) && !member.verify(authority.publicKey))
    throw new Error(
      `${file}: is signed neither by its own key nor by this authority: who made it may not hold the key`,
    );
  return as;
}

/** No certificate is good for longer than that of who has signed it. */
function within({ from, to }: ReturnType<typeof span>, { validToDate }: X509Certificate): ReturnType<typeof span> {
  return { from, to: to > validToDate ? validToDate : to };
}

const commonName = (name: string) => /^CN=(.*)$/m.exec(name)?.[1] ?? name;

/** `cert renew FILE --key FILE [--out FILE] [--days NUMBER]`: the same AS and key, for longer. */
export function renewCertificate(words: readonly string[], json: boolean, streams: OfflineStreams): Answer {
  const options = sortWords(words, { expected: ['a file'], valued: ['--key', '--out', '--days'], required: ['--key'] });
  return carryOut(options, streams, ({ words: [file], values }) => {
    const days = daysOf(values, AS_DAYS);
    if (typeof days === 'string') return days;
    const keyFile = values.get('--key')!;
    const key: KeyObject = need(readKey(keyFile));
    const [before] = need(readCertificates(file!));
    if (!before!.checkPrivateKey(key)) throw new Error(`${keyFile}: is not the key of ${file}`);
    if (!before!.verify(before!.publicKey))
      throw new Error(
        `${file}: is issued by ${commonName(before!.issuer)}: let that authority issue it anew with \`cert issue ${file}\``,
      );
    const as = before!.ca ? null : asOfCertificate(before!);
    if (typeof as === 'string') throw new Error(`${file}: ${as}`);
    const uris = as === null ? [] : [uriOf(as)];
    const made = issueCertificate({
      subject: commonName(before!.subject),
      key,
      uris,
      authority: as === null,
      ...span(days),
    });
    const out = values.get('--out') ?? file!;
    return write(out, made, out === file, json, streams);
  });
}

/** `cert show FILE`. */
export function showCertificate(words: readonly string[], json: boolean, streams: OfflineStreams): Answer {
  const options = sortWords(words, { expected: ['a file'] });
  return carryOut(options, streams, ({ words: [file] }) => tell(file!, need(readCertificates(file!)), json, streams));
}

/** `cert pin FILE`: the fingerprint of its key, and the lines of the configuration that pin it. */
export function pinCertificate(words: readonly string[], json: boolean, streams: OfflineStreams): Answer {
  const options = sortWords(words, { expected: ['a file'] });
  return carryOut(options, streams, ({ words: [file] }) => {
    const [certificate] = need(readCertificates(file!));
    const as = asOfCertificate(certificate!);
    if (typeof as === 'string') throw new Error(`${file}: ${as}`);
    const fingerprint = fingerprintOf(certificate!.publicKey);
    streams.stdout.write(
      json
        ? `${JSON.stringify({ as, fingerprint })}\n`
        : `${fingerprint}\npeer as ${as} { fingerprint "${fingerprint}"; }\n`,
    );
    return EXIT.ok;
  });
}

/**
 * `cert checklist FILE [--out DIRECTORY] [--force]`: what an RPKI Signed Checklist has to list so that the certificate is
 * believed, as lines of sha256sum(1), and as files to be signed.
 */
export function checklistFor(words: readonly string[], json: boolean, streams: OfflineStreams): Answer {
  const options = sortWords(words, { expected: ['a file'], valued: ['--out'], flags: ['--force'] });
  return carryOut(options, streams, ({ words: [file], values, flags }) => {
    const [certificate] = need(readCertificates(file!));
    const as = asOfCertificate(certificate!);
    if (typeof as === 'string') throw new Error(`${file}: ${as}`);
    const files = [
      { file: `intertrack-as${as}-key.txt`, content: Buffer.from(keyStatement(as, certificate!.publicKey)) },
      { file: `intertrack-as${as}.cer`, content: certificate!.raw },
    ];
    const out = values.get('--out');
    for (const { file: name, content } of out === undefined ? [] : files) {
      const wrong = writePem(join(out!, name), content, 0o644, flags.has('--force'));
      if (wrong !== null) throw new Error(wrong);
    }
    const listed = files.map(({ file: name, content }) => ({
      file: name,
      sha256: createHash('sha256').update(content).digest('hex'),
    }));
    streams.stdout.write(
      json ? `${JSON.stringify(listed)}\n` : listed.map(({ file: name, sha256 }) => `${sha256}  ${name}\n`).join(''),
    );
    return EXIT.ok;
  });
}

/** What is to be known of certificates; the exit code is that of a failure when one cannot be used. */
function tell(
  file: string,
  certificates: readonly X509Certificate[],
  json: boolean,
  { stdout }: OfflineStreams,
): number {
  const now = Date.now();
  const all = certificates.map(certificate => {
    const as = asOfCertificate(certificate);
    const kind = certificate.publicKey.asymmetricKeyType ?? 'unknown';
    const problems = [
      ...(certificate.ca || typeof as === 'number' ? [] : [as as string]),
      ...(kind === 'ed25519' ? [] : [`its key is of type ${kind}, not Ed25519`]),
      ...[outOfDate(certificate, now) ?? []].flat(),
    ];
    return {
      ...{
        file,
        as: typeof as === 'number' ? as : null,
        authority: certificate.ca,
        subject: commonName(certificate.subject),
      },
      issuer: certificate.verify(certificate.publicKey) ? null : commonName(certificate.issuer),
      ...{ from: certificate.validFromDate.getTime(), to: certificate.validToDate.getTime() },
      fingerprint: fingerprintOf(certificate.publicKey),
      certificate: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      problems,
    };
  });
  if (json) stdout.write(`${JSON.stringify(all)}\n`);
  else
    for (const [i, one] of all.entries()) {
      const left = Math.floor((one.to - now) / DAY);
      const lines = facts([
        ['File', file],
        ['AS', one.as === null ? (one.authority ? 'an authority' : '') : `AS${one.as}`],
        ['Name', one.subject],
        ['Issued by', one.issuer ?? 'itself'],
        ['From', instant(one.from)],
        ['To', `${instant(one.to)}${left >= 0 ? `, ${left} days` : ''}`],
        ['Key', one.fingerprint],
        ['Certificate', `sha256:${one.certificate}`],
        ['Problem', one.problems.join('; ')],
      ]);
      stdout.write(`${i === 0 ? '' : '\n'}${lines.map(line => `${plain(line)}\n`).join('')}`);
    }
  return all.every(({ problems }) => problems.length === 0) ? EXIT.ok : EXIT.failed;
}
