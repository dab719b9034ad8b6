import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { type PublicKey, readPublicKey } from '../../src/net/public-key.ts';
import { MAX_RECORD, type SequenceProblem, sequenceReader } from '../../src/registry/irr/json-sequence.ts';
import { type FileHead, type Nrtm4Change, nrtm4FileReader } from '../../src/registry/irr/nrtm4-file.ts';
import { afterNotification, announced, keysToTry, knownKeys } from '../../src/registry/irr/nrtm4-keys.ts';
import {
  decodeNotification,
  unverifiedPayload,
  urlOfFile,
  verifyNotification,
} from '../../src/registry/irr/nrtm4-notification.ts';

const SESSION = 'ca128382-78d9-41d1-8927-1ecef15275be';
const HASH = 'a'.repeat(64);

/** The example of the draft, with whole hashes. */
const EXAMPLE = {
  nrtm_version: 4,
  timestamp: '2025-12-01T15:00:00Z',
  type: 'notification',
  source: 'EXAMPLE',
  session_id: SESSION,
  version: 4,
  snapshot: { version: 3, url: `${SESSION}/nrtm-snapshot.3.04759.json.gz`, hash: HASH },
  deltas: [
    { version: 2, url: `${SESSION}/nrtm-delta.2.784a2a6.json`, hash: HASH },
    { version: 3, url: `${SESSION}/nrtm-delta.3.0f681f0.json`, hash: HASH },
    { version: 4, url: `${SESSION}/nrtm-delta.4.d9c194a.json`, hash: HASH.toUpperCase() },
  ],
  metadata: {},
};

/** RFC 7515 appendix A.3. */
const ES256 = {
  jwk: '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}',
  jws:
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.' +
    'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
};
/** RFC 8037 appendix A.4. */
const ED25519 = {
  jwk: '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
  jws:
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.' +
    'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
};

const keyOf = (text: string): PublicKey => {
  const key = readPublicKey(text);
  if (typeof key === 'string') throw new Error(key);
  return key;
};
const octets = (text: string) => new TextEncoder().encode(text);

describe('net/public-key', () => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' });
  const der = Buffer.from(String(pem).replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');

  it('reads a key in each of the forms that publishers give it in, as one and the same', () => {
    const forms = [
      String(pem),
      String(pem).replaceAll('\n', ' '),
      der.toString('base64'),
      Buffer.from(String(pem)).toString('base64'),
    ];
    expect(new Set(forms.map(form => keyOf(form).spki)).size).to.equal(1);
    expect(keyOf(String(pem)).algorithms).to.deep.equal(['ES256']);
  });
  it('reads an Ed25519 key, whole or its 32 octets alone', () => {
    const x = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
    expect(keyOf(x).spki).to.equal(keyOf(ED25519.jwk).spki);
    expect(keyOf(x).algorithms).to.deep.equal(['Ed25519', 'EdDSA']);
  });
  it('says in words why something is no key', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' });
    const secret = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    expect(readPublicKey(String(rsa))).to.match(/kind rsa is not used/);
    expect(readPublicKey(String(secret))).to.equal('it is a private key');
    expect(readPublicKey(`${ED25519.jwk.slice(0, -1)},"d":"x"}`)).to.equal('it is a private key');
    for (const text of ['', '{', 'hello', '!', '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----'])
      expect(readPublicKey(text), text).to.match(/no public key/);
    expect(readPublicKey('A'.repeat(3000))).to.match(/longer/);
  });
  it('never throws', () => {
    fc.assert(fc.property(fc.string(), text => void readPublicKey(text)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), raw => void readPublicKey(Buffer.from(raw).toString('base64'))),
    );
  });
});

describe('registry/irr/nrtm4-notification', () => {
  const read = (change: object) => decodeNotification(octets(JSON.stringify({ ...EXAMPLE, ...change })));
  const where = (change: object) => {
    const read_ = read(change);
    return read_.ok ? 'right' : read_.problem.where;
  };

  it('believes the signatures of RFC 7515 A.3 and RFC 8037 A.4, and no other key', async () => {
    for (const { jwk, jws } of [ES256, ED25519]) {
      const believed = await verifyNotification(octets(`${jws}\n`), [keyOf(jwk)]);
      if (typeof believed === 'string') throw new Error(believed);
      expect(Buffer.from(believed.payload)).to.deep.equal(Buffer.from(unverifiedPayload(octets(jws))!));
    }
    expect(await verifyNotification(octets(ES256.jws), [keyOf(ED25519.jwk)])).to.match(/no key that is trusted/);
    expect(await verifyNotification(octets(ES256.jws), [])).to.match(/no key that is trusted/);
  });
  it('tells which of several keys it was', async () => {
    const believed = await verifyNotification(octets(ED25519.jws), [keyOf(ES256.jwk), keyOf(ED25519.jwk)]);
    expect(believed).to.have.nested.property('key.spki', keyOf(ED25519.jwk).spki);
  });
  it('refuses a changed payload, a changed signature, no algorithm, and what is no JWS', async () => {
    const [head, payload, signature] = ES256.jws.split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const jws of [
      `${head}.${payload.slice(0, -2)}QQ.${signature}`,
      `${head}.${payload}.${signature.slice(0, -2)}AA`,
      `${none}.${payload}.${signature}`,
      `${none}.${payload}.`,
      `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}.${signature}`,
      JSON.stringify(EXAMPLE),
      '',
    ])
      expect(await verifyNotification(octets(jws), [keyOf(ES256.jwk)]), jws).to.be.a('string');
  });

  it('believes nothing that was made up, and never rejects', async () => {
    const part = fc.uint8Array({ maxLength: 80 }).map(raw => Buffer.from(raw).toString('base64url'));
    const header = fc.oneof(part, fc.constant('eyJhbGciOiJFUzI1NiJ9'));
    await fc.assert(
      fc.asyncProperty(header, part, part, async (...parts) => {
        expect(await verifyNotification(octets(parts.join('.')), [keyOf(ES256.jwk)])).to.be.a('string');
      }),
    );
  });

  it('reads the example of the draft', () => {
    expect(read({})).to.deep.equal({
      ok: true,
      value: {
        source: 'EXAMPLE',
        session: SESSION,
        version: 4,
        timestamp: Date.UTC(2025, 11, 1, 15),
        snapshot: EXAMPLE.snapshot,
        deltas: EXAMPLE.deltas.map(delta => ({ ...delta, hash: HASH })),
        nextKey: null,
      },
    });
  });
  it('reads one without deltas, and one with a next key', () => {
    expect(read({ deltas: undefined, version: 3 })).to.have.property('ok', true);
    expect(read({ next_signing_key: ES256.jwk })).to.have.nested.property('value.nextKey.spki', keyOf(ES256.jwk).spki);
  });
  it('says in which member it is wrong', () => {
    const [d2, d3, d4] = EXAMPLE.deltas;
    const cases: readonly [object, string][] = [
      [{ nrtm_version: 3 }, 'nrtm_version'],
      [{ nrtm_version: '4' }, 'nrtm_version'],
      [{ type: 'snapshot' }, 'type'],
      [{ timestamp: '2025-12-01T15:00:00+09:00' }, 'timestamp'],
      [{ timestamp: '2025-13-01T15:00:00Z' }, 'timestamp'],
      [{ timestamp: 1764601200 }, 'timestamp'],
      [{ source: 'A B' }, 'source'],
      [{ source: null }, 'source'],
      [{ session_id: 'ca128382-78d9-11d1-8927-1ecef15275be' }, 'session_id'],
      [{ version: 0 }, 'version'],
      [{ version: 4.5 }, 'version'],
      [{ version: 5 }, 'version'],
      [{ snapshot: undefined }, 'snapshot'],
      [{ snapshot: [EXAMPLE.snapshot] }, 'snapshot'],
      [{ snapshot: { ...EXAMPLE.snapshot, hash: 'aa' } }, 'snapshot.hash'],
      [{ snapshot: { ...EXAMPLE.snapshot, version: -1 } }, 'snapshot.version'],
      [{ snapshot: { ...EXAMPLE.snapshot, url: 'a b' } }, 'snapshot.url'],
      [{ deltas: {} }, 'deltas'],
      [{ deltas: [d2, d4] }, 'deltas[1].version'],
      [{ deltas: [d4, d3, d2] }, 'deltas[1].version'],
      [{ deltas: [d3, d3, d4] }, 'deltas[1].version'],
      [{ deltas: [{ ...d2, version: 1 }] }, 'deltas[0].version'],
      [{ deltas: [d2, d3, { ...d4, url: '' }] }, 'deltas[2].url'],
      [{ deltas: [d2, d3, { ...d4, hash: 'g'.repeat(64) }] }, 'deltas[2].hash'],
      [{ next_signing_key: 'bnJ0..bXY0' }, 'next_signing_key'],
      [{ next_signing_key: 4 }, 'next_signing_key'],
    ];
    for (const [change, place] of cases) expect(where(change), JSON.stringify(change)).to.equal(place);
    for (const text of ['', 'null', '[]', '"x"', '{"nrtm_version":4'])
      expect(decodeNotification(octets(text)).ok, text).to.equal(false);
  });
  it('bounds the number of deltas and the size', () => {
    const deltas = Array.from({ length: 10_081 }, (_, i) => ({ version: i + 2, url: 'x', hash: HASH }));
    expect(where({ deltas, version: 10_082 })).to.equal('deltas');
    expect(where({ metadata: 'x'.repeat(5_000_000) })).to.equal('');
  });
  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), raw => void decodeNotification(raw)));
    fc.assert(fc.property(fc.jsonValue(), value => decodeNotification(octets(JSON.stringify(value))).ok === false));
  });

  it('names files below its own directory only', () => {
    const at = new URL('https://nrtm.example/irr/X/update-notification-file.jose');
    const place = (url: string) => urlOfFile(at, { version: 1, url, hash: HASH })?.href ?? null;
    expect(place('s/nrtm-snapshot.1.json.gz')).to.equal('https://nrtm.example/irr/X/s/nrtm-snapshot.1.json.gz');
    expect(place('https://nrtm.example/irr/X/a.json')).to.equal('https://nrtm.example/irr/X/a.json');
    for (const url of [
      '../Y/a.json',
      '/etc/passwd',
      's/../../a.json',
      '..%2fY/a',
      '%2e%2e/Y/a',
      's\\..\\..\\a',
      '//other.example/irr/X/a',
      'http://nrtm.example/irr/X/a',
      'https://nrtm.example:444/irr/X/a',
      'https://u:p@nrtm.example/irr/X/a',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'a?x=1',
    ])
      expect(place(url), url).to.equal(null);
    const local = new URL('file:///srv/nrtm/update-notification-file.jose');
    expect(urlOfFile(local, { version: 1, url: 's/a.json', hash: HASH })?.href).to.equal('file:///srv/nrtm/s/a.json');
  });
});

describe('registry/irr/json-sequence', () => {
  function read(text: string | Uint8Array, cut = 7) {
    const values: unknown[] = [];
    const problems: SequenceProblem[] = [];
    const reader = sequenceReader(
      value => {
        values.push(value);
        return value === 'wrong' ? 'it is wrong' : null;
      },
      problem => problems.push(problem),
    );
    const raw = Buffer.from(text);
    for (let at = 0; at < raw.length; at += cut) {
      // The reader must not keep what is the caller's again.
      const chunk = Buffer.from(raw.subarray(at, at + cut));
      reader.push(chunk);
      chunk.fill(0x1e);
    }
    reader.end();
    return { values, problems, records: reader.records };
  }

  it('cuts records by their separator, with or without line feeds', () => {
    for (const text of ['\x1e{"a":1}\n\x1e{"b":\n2}\n', '\x1e{"a":1}\x1e{"b":2}'])
      expect(read(text).values).to.deep.equal([{ a: 1 }, { b: 2 }]);
  });
  it('is the same wherever the file is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 40 }), (list, cut) => {
        const { values, problems } = read(list.map(one => `\x1e${JSON.stringify(one)}\n`).join(''), cut);
        const stop = list.indexOf('wrong');
        if (stop >= 0 || list.length === 0) expect(problems).to.have.length(1);
        else expect(values).to.deep.equal(JSON.parse(JSON.stringify(list)));
      }),
    );
  });
  it('says in which record it is broken and where that begins, and stops there', () => {
    const place = (text: string) => read(text).problems.map(({ record, offset }) => [record, offset]);
    expect(place('')).to.deep.equal([[1, 0]]);
    expect(place('{"a":1}\n')).to.deep.equal([[1, 0]]);
    expect(place('x\x1e{}\n')).to.deep.equal([[1, 0]]);
    expect(place('\x1e{}\n\x1e{"a"\n\x1e{"b"\n')).to.deep.equal([[2, 4]]);
    expect(place('\x1e{}\n\x1e"wrong"\n\x1e"wrong"\n')).to.deep.equal([[2, 4]]);
    expect(place('\x1e\x1e{}\n')).to.deep.equal([[1, 0]]);
  });
  it('holds no more than a record', () => {
    const { problems } = read(`\x1e"${'x'.repeat(MAX_RECORD)}`, 65_536);
    expect(problems[0]?.why).to.match(/longer than/);
    expect(problems).to.have.length(1);
  });
  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), raw => void read(raw)));
  });
});

describe('registry/irr/nrtm4-file', () => {
  const head = (type: string) => ({ nrtm_version: 4, type, source: 'EXAMPLE', session_id: SESSION, version: 3 });
  const file = (...records: unknown[]) => records.map(one => `\x1e${JSON.stringify(one)}\n`).join('');
  function read(text: string, refuse: string | null = null) {
    const heads: FileHead[] = [];
    const changes: Nrtm4Change[] = [];
    const problems: string[] = [];
    const reader = nrtm4FileReader(
      one => {
        heads.push(one);
        return refuse;
      },
      change => changes.push(change),
      ({ record, why }) => problems.push(`${record}: ${why}`),
    );
    reader.push(octets(text));
    reader.end();
    return { heads, changes, problems };
  }

  it('reads the snapshot of the draft', () => {
    const text = 'route: 192.0.2.0/24\norigin: AS64500\nsource: EXAMPLE';
    const { heads, changes, problems } = read(file(head('snapshot'), { object: text }));
    expect(heads).to.deep.equal([{ type: 'snapshot', source: 'EXAMPLE', session: SESSION, version: 3 }]);
    expect(changes).to.deep.equal([{ op: 'add', text }]);
    expect(problems).to.deep.equal([]);
  });
  it('reads the delta of the draft', () => {
    const { changes, problems } = read(
      file(
        head('delta'),
        { action: 'delete', object_class: 'person', primary_key: 'PRSN1-EXAMPLE' },
        { action: 'delete', object_class: 'ROUTE', primary_key: '192.0.2.0/24AS64500' },
        { action: 'add_modify', object: 'route6: 2001:db8::/32\norigin: AS64500\nsource: EXAMPLE' },
      ),
    );
    expect(changes).to.deep.equal([
      { op: 'del', class: 'person', key: 'PRSN1-EXAMPLE' },
      { op: 'del', class: 'route', key: '192.0.2.0/24AS64500' },
      { op: 'add', text: 'route6: 2001:db8::/32\norigin: AS64500\nsource: EXAMPLE' },
    ]);
    expect(problems).to.deep.equal([]);
  });
  it('takes an empty snapshot, and no empty delta', () => {
    expect(read(file(head('snapshot'))).problems).to.deep.equal([]);
    expect(read(file(head('delta'))).problems).to.deep.equal(['1: a delta without any change']);
  });
  it('says in which record what is wrong', () => {
    const cases: readonly [string, string][] = [
      [file({ ...head('delta'), nrtm_version: 3 }), '1: nrtm_version'],
      [file({ ...head('snapshot'), session_id: 'x' }), '1: session_id'],
      [file(head('notification')), '1: type'],
      [file([]), '1: it is no JSON object'],
      [file(head('snapshot'), { objects: '' }), '2: object: '],
      [file(head('snapshot'), null), '2: it is no JSON object'],
      [file(head('delta'), { action: 'add' }), '2: action: '],
      [file(head('delta'), { action: 'add_modify', object: 4 }), '2: object: '],
      [file(head('delta'), { action: 'delete', object_class: 'route' }), '2: primary_key: '],
      [file(head('delta'), { action: 'delete', object_class: 'ro ute', primary_key: 'x' }), '2: object_class: '],
      [file(head('delta'), { action: 'delete', object_class: 'route', primary_key: 'a\nb' }), '2: primary_key: '],
    ];
    for (const [text, problem] of cases) expect(read(text).problems.join()).to.include(problem);
    expect(read(file(head('delta'), { action: 'delete' }), 'of another day').problems).to.deep.equal([
      '1: of another day',
    ]);
  });
});

describe('registry/irr/nrtm4-keys', () => {
  const [a, b, c] = [ES256.jwk, ED25519.jwk, `{"kty":"OKP","crv":"Ed25519","x":"${'A'.repeat(43)}"}`].map(keyOf) as [
    PublicKey,
    PublicKey,
    PublicKey,
  ];

  it('begins with the configured key, and anew when that is another one', () => {
    const kept = afterNotification(knownKeys(a, null), a, b);
    expect(keysToTry(knownKeys(a, null))).to.deep.equal([a]);
    expect(keysToTry(knownKeys(a, kept))).to.deep.equal([a, b]);
    expect(keysToTry(knownKeys(c, kept))).to.deep.equal([c]);
  });
  it('goes on to the announced key, and never back', () => {
    const announced = afterNotification(knownKeys(a, null), a, b);
    const rotated = afterNotification(announced, b, null);
    expect(keysToTry(rotated)).to.deep.equal([b]);
    expect(keysToTry(knownKeys(a, rotated))).to.deep.equal([b]);
  });
  it('takes an announcement from the newest notification, and never forgets it for an older one', () => {
    const read = decodeNotification(octets(JSON.stringify(EXAMPLE)));
    if (!read.ok) throw new Error(read.problem.why);
    const { value } = read;
    const held = { ...value, timestamp: 1000 };
    const at = (timestamp: number, nextKey: PublicKey | null) => announced(a, held, { ...value, timestamp, nextKey });
    expect([at(1001, b), at(1001, null)]).to.deep.equal([b, null]);
    expect([at(1000, b), at(1000, null)]).to.deep.equal([b, a]);
    expect([at(999, b), at(999, null)]).to.deep.equal([a, a]);
    expect(announced(null, null, { ...value, nextKey: b })).to.equal(b);
  });
  it('forgets an announcement that the publisher took back', () => {
    const announced = afterNotification(knownKeys(a, null), a, b);
    expect(keysToTry(afterNotification(announced, a, null))).to.deep.equal([a]);
    expect(keysToTry(afterNotification(announced, a, a))).to.deep.equal([a]);
  });
});
