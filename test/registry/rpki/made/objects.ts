/** The objects of the RPKI, as octets: resource certificates, CRLs, manifests and signed checklists. */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  bits,
  der,
  generalizedTime,
  ia5,
  integer,
  NULL,
  octets,
  oid,
  sequence,
  setOf,
  TRUE,
  tagged,
  utcTime,
} from './der.ts';

const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
const SIGNED_BY_RSA = sequence(oid('1.2.840.113549.1.1.11'), NULL);

/** Who signs: the name and the key of an authority, and where its certificate and its CRL are published. */
export interface Authority {
  readonly name: string;
  /** RSA, 2048 bits (RFC 7935). */
  readonly key: KeyObject;
  readonly certificateUri: string;
  readonly crlUri: string;
}

export interface Span {
  readonly from: Date;
  readonly to: Date;
}

export interface ResourceCertificate extends Span {
  readonly serial: number;
  readonly name: string;
  /** A private key stands for its public one. */
  readonly key: KeyObject;
  /** Null: signed by itself, a trust anchor. */
  readonly issuer: Authority | null;
  /** Autonomous systems (RFC 3779); null: those of the issuer. */
  readonly ases: readonly number[] | null;
  /** Also all IPv4 addresses, or those of the issuer. */
  readonly addresses: boolean;
  /** Where what it signs is published: of an authority, or of one signed object; nowhere for a checklist. */
  readonly publishes?: { readonly repository: string; readonly manifest: string } | { readonly object: string };
}

const uri = (text: string) => der(0x86, Buffer.from(text, 'ascii'));
const name = (text: string) => sequence(setOf(sequence(oid('2.5.4.3'), der(0x13, Buffer.from(text)))));
const spkiOf = (key: KeyObject) =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
/** RFC 6487 section 4.8.2: SHA-1 of the public key, without the algorithm that stands before it (24 octets for RSA 2048). */
const keyIdOf = (key: KeyObject) => createHash('sha1').update(spkiOf(key).subarray(24)).digest();
const extension = (id: string, value: Uint8Array, critical = false) =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octets(value));
const signed = (tbs: Buffer, key: KeyObject) => sequence(tbs, SIGNED_BY_RSA, bits(sign('sha256', tbs, key)));

/** RFC 3779 section 3.2.3: those that follow upon each other are a range. `ases` ascending. */
function asIds(ases: readonly number[]): Buffer {
  const runs: [number, number][] = [];
  for (const as of ases) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === as - 1) run[1] = as;
    else runs.push([as, as]);
  }
  return sequence(...runs.map(([from, to]) => (from === to ? integer(from) : sequence(integer(from), integer(to)))));
}

/** RFC 6487 section 4. */
export function resourceCertificate(request: ResourceCertificate): Buffer {
  const { issuer, key, publishes } = request;
  const authority = publishes !== undefined && 'repository' in publishes;
  const access = (id: number, where: string) => sequence(oid(`1.3.6.1.5.5.7.48.${id}`), uri(where));
  const ases = request.ases === null ? NULL : asIds(request.ases);
  const addresses = issuer === null ? sequence(bits()) : NULL;
  const extensions = [
    ...(authority ? [extension('2.5.29.19', sequence(TRUE), true)] : []),
    extension('2.5.29.14', octets(keyIdOf(key))),
    ...(issuer === null ? [] : [extension('2.5.29.35', sequence(der(0x80, keyIdOf(issuer.key))))]),
    extension('2.5.29.15', authority ? Buffer.of(3, 2, 1, 6) : Buffer.of(3, 2, 7, 0x80), true),
    ...(issuer === null
      ? []
      : [
          extension('2.5.29.31', sequence(sequence(tagged(0, tagged(0, uri(issuer.crlUri)))))),
          extension('1.3.6.1.5.5.7.1.1', sequence(access(2, issuer.certificateUri))),
        ]),
    ...(publishes === undefined
      ? []
      : [
          extension(
            '1.3.6.1.5.5.7.1.11',
            'object' in publishes
              ? sequence(access(11, publishes.object))
              : sequence(access(5, publishes.repository), access(10, publishes.manifest)),
          ),
        ]),
    extension('2.5.29.32', sequence(sequence(oid('1.3.6.1.5.5.7.14.2'))), true),
    ...(request.addresses
      ? [extension('1.3.6.1.5.5.7.1.7', sequence(sequence(octets(Buffer.of(0, 1)), addresses)), true)]
      : []),
    extension('1.3.6.1.5.5.7.1.8', sequence(tagged(0, ases)), true),
  ];
  const tbs = sequence(
    tagged(0, integer(2)),
    integer(request.serial),
    SIGNED_BY_RSA,
    name(issuer?.name ?? request.name),
    sequence(utcTime(request.from), utcTime(request.to)),
    name(request.name),
    spkiOf(key),
    tagged(3, sequence(...extensions)),
  );
  return signed(tbs, issuer?.key ?? key);
}

/** RFC 6487 section 5. */
export function revocationList(authority: Authority, number: number, revoked: readonly number[], span: Span): Buffer {
  const entries = revoked.map(serial => sequence(integer(serial), utcTime(span.from)));
  const extensions = [
    extension('2.5.29.35', sequence(der(0x80, keyIdOf(authority.key)))),
    extension('2.5.29.20', integer(number)),
  ];
  const tbs = sequence(
    ...[integer(1), SIGNED_BY_RSA, name(authority.name), utcTime(span.from), utcTime(span.to)],
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    tagged(0, sequence(...extensions)),
  );
  return signed(tbs, authority.key);
}

/** RFC 9286 section 4.2: `files` by name. */
export function manifestOf(number: number, files: ReadonlyMap<string, Buffer>, span: Span): Buffer {
  const hashes = [...files].map(([file, content]) => sequence(ia5(file), bits(sha256(content))));
  return sequence(
    ...[integer(number), generalizedTime(span.from), generalizedTime(span.to)],
    ...[oid('2.16.840.1.101.3.4.2.1'), sequence(...hashes)],
  );
}

/** RFC 9323 section 4: the ASes in whose name it is signed, and what is on the list. */
export function checklistOf(
  ases: readonly number[],
  list: readonly { readonly file?: string; readonly hash: Buffer }[],
): Buffer {
  const lines = list.map(({ file, hash }) => sequence(...(file === undefined ? [] : [ia5(file)]), octets(hash)));
  return sequence(sequence(tagged(0, sequence(tagged(0, asIds(ases))))), ...[SHA256, sequence(...lines)]);
}

export const MANIFEST = '1.2.840.113549.1.9.16.1.26';
export const CHECKLIST = '1.2.840.113549.1.9.16.1.48';

/** RFC 6488: `content` signed with the key of an end certificate, which comes along. */
export function signedObject(type: string, content: Buffer, certificate: Buffer, key: KeyObject, at: Date): Buffer {
  const attribute = (id: string, value: Buffer) => sequence(oid(id), setOf(value));
  const attributes = setOf(
    attribute('1.2.840.113549.1.9.3', oid(type)),
    attribute('1.2.840.113549.1.9.4', octets(sha256(content))),
    attribute('1.2.840.113549.1.9.5', utcTime(at)),
  );
  const signer = sequence(
    ...[integer(3), der(0x80, keyIdOf(key)), SHA256],
    // Signed as the SET that it is, sent with the tag of its place (RFC 5652 section 5.4).
    Buffer.concat([Buffer.of(0xa0), attributes.subarray(1)]),
    sequence(oid('1.2.840.113549.1.1.1'), NULL),
    octets(sign('sha256', attributes, key)),
  );
  const body = sequence(
    ...[integer(3), setOf(SHA256), sequence(oid(type), tagged(0, octets(content)))],
    ...[tagged(0, certificate), setOf(signer)],
  );
  return sequence(oid('1.2.840.113549.1.7.2'), tagged(0, body));
}

export function sha256(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
