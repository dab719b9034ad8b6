/**
 * Fields of a message as data: each reads a decoded CBOR value and says what is wrong and where, and writes the value
 * back. A map is closed: a key too few or too many is an error (intertrack-protocol(7), MESSAGES).
 */

/** A value that is not what the field must be; `at` is its path, such as `nodes[2].verdict`. */
export interface Wrong {
  readonly wrong: string;
  readonly at: string;
}

/** How one value goes on the wire (`write`) and comes off it (`read`). */
export interface Field<T> {
  read(value: unknown, at: string): { readonly value: T } | Wrong;
  write(value: T): unknown;
}

/** The type that a field or a table of fields describes. */
export type ValueOf<F> =
  F extends Field<infer T>
    ? T
    : {
        -readonly [K in keyof F as undefined extends ReadOf<F[K]> ? never : K]: ReadOf<F[K]>;
      } & { -readonly [K in keyof F as undefined extends ReadOf<F[K]> ? K : never]?: Exclude<ReadOf<F[K]>, undefined> };

type ReadOf<F> = F extends Field<infer T> ? T : never;

/** A plain value that is written as it stands: a test of it, and what it should have been. */
function plain<T>(expected: string, is: (value: unknown) => value is T): Field<T> {
  return {
    read: (value, at) => (is(value) ? { value } : { wrong: `expected ${expected}, not ${show(value)}`, at }),
    write: value => value,
  };
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} octets`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a map';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}

/** An integer of `least` to `most`, both included. */
export function integer(least: number, most: number): Field<number> {
  return plain(
    `an integer of ${least} to ${most}`,
    (value): value is number => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  );
}

/** A number of `least` to `most`, both included. */
export function number(least: number, most: number): Field<number> {
  return plain(
    `a number of ${least} to ${most}`,
    (value): value is number => typeof value === 'number' && value >= least && value <= most,
  );
}

/**
 * How long something took, ms, at most `most`; `kind` is `integer` or `number`. One below 0 was measured by a clock that was
 * set back: it says nothing, and is read as 0, so that the message or what was kept of it is not lost for it.
 */
export function duration(kind: typeof number, most: number): Field<number> {
  const { read, write } = kind(-Number.MAX_SAFE_INTEGER, most);
  return {
    read(value, at) {
      const got = read(value, at);
      return 'wrong' in got ? got : { value: Math.max(0, got.value) };
    },
    write: value => write(Math.max(0, value)),
  };
}

/** A number of 0 to 1. */
export const share: Field<number> = plain(
  'a number of 0 to 1',
  (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
);

export const flag: Field<boolean> = plain('true or false', (value): value is boolean => typeof value === 'boolean');

/** Text of at most `most` octets of UTF-8 without control characters: it is shown on terminals. */
export function text(most: number): Field<string> {
  return plain(
    `text of at most ${most} octets and no control character`,
    // Cc are the C0 and C1 controls, Cf what reorders or hides text, Zl and Zp break lines.
    (value): value is string =>
      typeof value === 'string' && Buffer.byteLength(value) <= most && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value),
  );
}

/** A name of at most `most` letters, digits, hyphens and underscores: no address can be written so. */
export function reference(most: number): Field<string> {
  return plain(
    `a reference of at most ${most} letters, digits, - and _`,
    (value): value is string => typeof value === 'string' && value.length <= most && /^[A-Za-z0-9_-]*$/.test(value),
  );
}

/** One of these words. */
export function word<const W extends string | number>(...words: readonly W[]): Field<W> {
  return plain(`one of ${words.join(', ')}`, (value): value is W => words.includes(value as W));
}

/** Exactly `size` octets; here they are lower-case hex digits. */
export function octets(size: number): Field<string> {
  return {
    read: (value, at) =>
      value instanceof Uint8Array && value.length === size
        ? { value: Buffer.from(value).toString('hex') }
        : { wrong: `expected ${size} octets, not ${show(value)}`, at },
    write: value => Uint8Array.from(Buffer.from(value, 'hex')),
  };
}

/** `least` to `most` octets, whose meaning is for another decoder. */
export function opaque(least: number, most: number): Field<Uint8Array> {
  return plain(
    least === most ? `${most} octets` : `${least} to ${most} octets`,
    (value): value is Uint8Array => value instanceof Uint8Array && value.length >= least && value.length <= most,
  );
}

export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    read: (value, at) => (value === null ? { value } : field.read(value, at)),
    write: value => (value === null ? null : field.write(value)),
  };
}

/** A field of a map that may be left out: what was signed and kept before there was such a field has none. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    read: (value, at) => (value === undefined ? { value } : field.read(value, at)),
    write: value => (value === undefined ? undefined : field.write(value)),
  };
}

/** An array of `least` to `most` values of one kind. */
export function list<T>(field: Field<T>, least: number, most: number): Field<readonly T[]> {
  return {
    read(value, at) {
      if (!Array.isArray(value) || value.length < least || value.length > most)
        return { wrong: `expected an array of ${least} to ${most}, not ${show(value)}`, at };
      const values: T[] = [];
      for (let i = 0; i < value.length; i++) {
        const got = field.read(value[i], `${at}[${i}]`);
        if ('wrong' in got) return got;
        values.push(got.value);
      }
      return { value: values };
    },
    write: values => values.map(value => field.write(value)),
  };
}

type Table = Readonly<Record<string, Field<unknown>>>;

/** A map with exactly these keys. */
export function map<F extends Table>(fields: F): Field<ValueOf<F>> {
  const keys = Object.keys(fields);
  return {
    read(value, at) {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
        return { wrong: `expected a map, not ${show(value)}`, at };
      const prefix = at === '' ? '' : `${at}.`;
      for (const key of Object.keys(value))
        if (!Object.hasOwn(fields, key)) return { wrong: 'no such field', at: prefix + key.slice(0, 64) };
      const made: Record<string, unknown> = {};
      for (const key of keys) {
        const has = Object.hasOwn(value, key);
        const got = fields[key]!.read(has ? (value as Record<string, unknown>)[key] : undefined, prefix + key);
        if ('wrong' in got) return has ? got : { wrong: 'is missing', at: prefix + key };
        if (has) made[key] = got.value;
      }
      return { value: made as ValueOf<F> };
    },
    write(value) {
      const from = value as Record<string, unknown>;
      return Object.fromEntries(
        keys.flatMap(key => {
          const written = fields[key]!.write(from[key]);
          return written === undefined ? [] : [[key, written]];
        }),
      );
    },
  };
}

/** An array that stands for these fields, in their order. */
export function tuple<F extends Table>(fields: F): Field<ValueOf<F>> {
  const keys = Object.keys(fields);
  const inner = map(fields);
  return {
    read(value, at) {
      if (!Array.isArray(value) || value.length !== keys.length)
        return { wrong: `expected [${keys.join(', ')}], not ${show(value)}`, at };
      return inner.read(Object.fromEntries(keys.map((key, i) => [key, value[i]])), at);
    },
    write: value => Object.values(inner.write(value) as object),
  };
}
