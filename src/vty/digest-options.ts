/** The words behind `itctl digest`. */
import { PROFILES, type Profile, profileNamed, STRICT } from '../packet/profiles.ts';

export interface DigestOptions {
  readonly file: string;
  /** First and last packet that is told of. */
  readonly from: number;
  readonly to: number;
  readonly profiles: readonly Profile[];
  /** 16 octets; null: that of the file, or all zeroes. */
  readonly key: Uint8Array | null;
  readonly keyFile: string | null;
  readonly reassemble: boolean;
}

const VALUES = ['-n', '--profile', '--key', '--key-file'];

/** Reads the words; the answer is the options, or what is wrong with them. */
export function digestOptions(words: readonly string[]): DigestOptions | string {
  const files: string[] = [];
  const given = new Map<string, string>();
  const profiles = new Set<Profile>();
  let reassemble = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [name = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
    if (name === '--reassemble') reassemble = true;
    else if (VALUES.includes(name)) {
      const value = inline ?? words[++i];
      if (value === undefined) return `${name} needs a value`;
      if (name !== '--profile') given.set(name, value);
      else
        for (const one of value.split(',')) {
          const profile = profileNamed(one);
          if (profile === undefined && one !== 'all') return `"${one}" is no profile: ${names()} or all`;
          for (const wanted of profile === undefined ? PROFILES : [profile]) profiles.add(wanted);
        }
    } else if (word.startsWith('-') && word !== '-') return `unknown option ${name}`;
    else files.push(word);
  }
  const [file, ...more] = files;
  if (file === undefined) return 'a file is missing';
  if (more.length > 0) return `unexpected "${more[0]}"`;
  const range = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(given.get('-n') ?? `1-${Number.MAX_SAFE_INTEGER}`.slice(0, 17));
  const from = Number(range?.[1]);
  const to = Number(range?.[2] ?? range?.[1]);
  if (range === null || from < 1 || to < from) return `-n ${given.get('-n')} is no number of a packet, and no two`;
  const key = given.get('--key');
  if (key !== undefined && !/^[0-9a-f]{32}$/i.test(key)) return '--key is 32 hexadecimal digits, 16 octets';
  const keyFile = given.get('--key-file') ?? null;
  if (key !== undefined && keyFile !== null) return '--key and --key-file exclude each other';
  return {
    file,
    from,
    to,
    profiles: profiles.size === 0 ? [STRICT] : [...profiles].sort((a, b) => a.number - b.number),
    key: key === undefined ? null : Uint8Array.from(Buffer.from(key, 'hex')),
    keyFile,
    reassemble,
  };
}

const names = (): string => PROFILES.map(({ name }) => name).join(', ');
