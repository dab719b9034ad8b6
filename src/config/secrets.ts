/** What need not stand in the configuration itself: passwords in files, or in the environment of the daemon. */
import { readFileSync, statSync } from 'node:fs';

export const SECRET_PLACES = ['file', 'environment'] as const;
export type SecretPlace = (typeof SECRET_PLACES)[number];

/** What names one, to complete "expected …". */
export const SECRET_NAMES: Readonly<Record<SecretPlace, string>> = {
  file: 'the name of a file with a password in double quotes',
  environment: 'the name of a variable of the environment',
};

/** What a place holds, or why it holds nothing. Nothing of a secret stands in the latter. */
export type ReadSecret = (place: SecretPlace, name: string) => { readonly text: string } | { readonly wrong: string };

/** Larger files are no passwords, octets. */
const LARGEST = 4096;

/**
 * Reads the first line of a file that its owner and group alone may use, or a variable that is set. They are looked at when
 * the configuration is read: again at each reload.
 */
export const readSecretOf =
  (environment: Readonly<Record<string, string | undefined>>): ReadSecret =>
  (place, name) => {
    if (place === 'environment') {
      const text = environment[name];
      return text === undefined || text === '' ? { wrong: 'it is not set' } : { text };
    }
    try {
      const status = statSync(name);
      if (!status.isFile()) return { wrong: 'it is no file' };
      if (status.size > LARGEST) return { wrong: `it is larger than ${LARGEST} octets` };
      if ((status.mode & 0o007) !== 0)
        return { wrong: 'others than its owner and group may use it, expected mode 0600 or 0640' };
      const [text = ''] = readFileSync(name, 'utf8').split(/\r?\n/);
      return { text };
    } catch (error) {
      return { wrong: `cannot read it: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}` };
    }
  };
