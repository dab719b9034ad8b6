/**
 * Fetches a file over FTP (RFC 959, RFC 3659 for size and time, RFC 2428 for the data connection), anonymously, within the
 * same bounds as over HTTP.
 */
import { Writable } from 'node:stream';
import { type Asking, type Come, failed, type Take } from './dump-place.ts';
import { whyOf } from './dump-reader.ts';

/** The answer of a server that has no such file (RFC 959 section 4.2). */
const UNAVAILABLE = 550;

/**
 * Hands the file's octets to `take`, whose error ends it. The tag is the file's time and size. Never rejects.
 */
export async function fetchFtp(url: URL, { limits, signal, tag }: Asking, take: Take): Promise<Come> {
  const path = decodePath(url);
  if (path === null) return failed('its path has control characters');
  // Loaded with the first file, as most are not fetched over FTP.
  const { Client, FTPError } = await import('basic-ftp');
  // A server that names another host for the data would make us connect where it likes.
  const client = new Client(limits.silence, { allowSeparateTransferHost: false });
  let why = '';
  const stop = (words: string) => {
    why ||= words;
    client.close();
  };
  const ended = () => stop('it was given up');
  signal.addEventListener('abort', ended, { once: true });
  if (signal.aborted) ended();
  const total = setTimeout(stop, limits.total, `it is not done within ${limits.total / 1000} s`);

  let refused = false;
  let now: { readonly tag: string | null; readonly written: number | null } = { tag: null, written: null };
  let octets = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      octets += chunk.length;
      if (octets > limits.octets) return done(new Error(`it has more than ${limits.octets} octets`));
      Promise.resolve(take(chunk)).then(
        () => done(),
        (error: Error) => {
          refused = true;
          done(error);
        },
      );
    },
  });
  try {
    await client.access({ host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 21 : Number(url.port) });
    // Not every server can tell these.
    const size = await client.size(path).catch(orNull);
    const written = await client.lastMod(path).then(date => date.getTime(), orNull);
    if (size !== null && size > limits.octets) return failed(`it has ${size} octets, more than ${limits.octets}`);
    now = { tag: size === null || written === null ? null : `${written} ${size}`, written };
    if (now.tag !== null && now.tag === tag) return { what: 'same' };
    await client.downloadTo(sink, path);
    if (size !== null && octets !== size) return failed(`it has ${size} octets, and ${octets} came`);
    return { what: 'came', ...now };
  } catch (error) {
    if (refused) return failed(whyOf(error), now.tag);
    if (why !== '') return failed(why);
    if (!(error instanceof FTPError)) return failed(whyOf(error));
    return failed(error.code === UNAVAILABLE ? 'no such file' : `the server answers ${error.message}`);
  } finally {
    clearTimeout(total);
    signal.removeEventListener('abort', ended);
    client.close();
    sink.destroy();
  }
}

/** What a command is told in a refusal is of no matter; a connection that is gone fails the next command too. */
function orNull(): null {
  return null;
}

/**
 * The path that the URL names, from where the server puts us (RFC 1738 section 3.2.2); null when it would end a line and
 * begin another command.
 */
function decodePath({ pathname }: URL): string | null {
  try {
    const path = decodeURIComponent(pathname.slice(1));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    return /[\x00-\x1f\x7f]/.test(path) ? null : path;
  } catch {
    return null;
  }
}
