/**
 * A server of IRR sources for tests, on the loopback: NRTM 1 and 3 as IRRd 4 and RIPE's server answer (research: hijack
 * 4.4, 4.5), the queries of IRRd that a mirror asks, dumps and serials over HTTP and FTP. It can misbehave in every way that
 * a mirror must bear. Written from the descriptions of the protocols, not from the client.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type FtpServer, startFtpServer } from './ftp-server.ts';

/** One source: its objects, and what has happened to them by serial. */
export interface ServedSource {
  readonly name: string;
  /** Of the last operation. */
  serial: number;
  /** The first operation that NRTM still has. */
  oldest: number;
  /** Adds or replaces an object, or deletes it; answers its serial. */
  add(object: string): number;
  del(object: string): number;
  /** Lets serials go by that NRTM does not show. */
  skip(count: number): void;
  /** NRTM no longer has what there was. */
  forget(): void;
  /** The server was set up anew: what it has now is at this serial. */
  setBack(serial: number): void;
  dump(): string;
}

/** What a server does to an NRTM question. */
export type Manners =
  | 'well'
  /** IRRd's and RIPE's words for a client that may not mirror. */
  | 'denies'
  | 'denies as RIPE'
  /** Accepts and says nothing; sends a part and says no more. */
  | 'silent'
  | 'stalls'
  /** Closes before `%END`; in the midst of an object. */
  | 'cuts'
  | 'cuts an object'
  /** Remarks without end; one line without end. */
  | 'floods'
  | 'sends an endless line'
  /** From the first serial on, whatever was asked for. */
  | 'replays'
  | 'reorders'
  | 'answers for another source'
  | 'sends a web page';

export interface IrrServer {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https where it has a certificate. */
  readonly http: string;
  readonly ftp: FtpServer;
  /** Whois lines and paths that were asked for. */
  readonly queries: string[];
  readonly requests: string[];
  manners: Manners;
  /** RIPE's words where they are others than IRRd's. */
  ripe: boolean;
  /** Files in the place of those made of the sources, by path; null: there is none. */
  readonly files: Map<string, Buffer | null>;
  /** Paths that HTTP answers with status 503, and those it redirects to elsewhere. */
  http5xx: RegExp | null;
  readonly redirects: Map<string, string>;
  source(name: string): ServedSource;
  close(): void;
}

interface Journaled {
  readonly serial: number;
  readonly op: 'ADD' | 'DEL';
  readonly object: string;
}

/** Class and key of an object's text, as IRRs compare them. */
function keyOf(object: string): string {
  const value = (name: string) =>
    new RegExp(`^${name}:[ \t]*(.*)$`, 'im').exec(object)?.[1]?.trim().toUpperCase() ?? '';
  const [, objectClass = '', name = ''] = /^([\w-]+):[ \t]*(.*)$/m.exec(object) ?? [];
  const key = `${objectClass.toLowerCase()} ${name.trim().toUpperCase()}`;
  return objectClass.toLowerCase().startsWith('route') && objectClass !== 'route-set'
    ? `${key}${value('origin')}`
    : key;
}

function servedSource(name: string, journal: Journaled[]): ServedSource {
  const objects = new Map<string, string>();
  const happen = (op: Journaled['op'], object: string): number => {
    served.serial++;
    journal.push({ serial: served.serial, op, object: object.trimEnd() });
    if (op === 'ADD') objects.set(keyOf(object), object.trimEnd());
    else objects.delete(keyOf(object));
    return served.serial;
  };
  const served: ServedSource = {
    name,
    serial: 0,
    oldest: 1,
    add: object => happen('ADD', object),
    del: object => happen('DEL', object),
    skip(count) {
      served.serial += count;
    },
    forget() {
      served.oldest = served.serial + 1;
    },
    setBack(serial) {
      served.serial = serial;
      served.oldest = serial + 1;
      journal.length = 0;
    },
    dump: () => `# dump of ${name}\n\n${[...objects.values()].map(object => `${object}\n\n`).join('')}# EOF\n`,
  };
  return served;
}

/** `tls`: dumps are served over HTTPS. */
export async function startIrrServer(
  tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<IrrServer> {
  const sources = new Map<string, { readonly served: ServedSource; readonly journal: Journaled[] }>();
  const sockets = new Set<Socket>();
  const files = new Map<string, Buffer | null>();
  const times = new Map<string, { readonly octets: Buffer; readonly modified: number }>();
  let clock = 1_764_000_000_000;

  /** What lies under a path, with the time at which it was first seen to be so. */
  function fileAt(path: string): { readonly octets: Buffer; readonly modified: number } | null {
    const octets = files.has(path) ? files.get(path)! : madeFile(path);
    if (octets === null) return null;
    const before = times.get(path);
    if (before?.octets.equals(octets)) return before;
    clock += 60_000;
    const now = { octets, modified: clock };
    times.set(path, now);
    return now;
  }
  function madeFile(path: string): Buffer | null {
    const [, name = '', kind = ''] = /^\/([\w-]+)\.(.*)$/.exec(path) ?? [];
    const served = sources.get(name.toUpperCase())?.served;
    if (served === undefined) return null;
    if (kind === 'CURRENTSERIAL') return Buffer.from(`${served.serial}\n`);
    if (kind === 'db') return Buffer.from(served.dump(), 'latin1');
    return kind === 'db.gz' ? gzipSync(Buffer.from(served.dump(), 'latin1')) : null;
  }

  /** Answers `-g SOURCE:VERSION:FIRST-LAST`. */
  function mirror(socket: Socket, name: string, version: string, first: number, last: string): void {
    const found = sources.get(name);
    const { manners, ripe } = irr;
    const say = (text: string, more?: () => void) => socket.write(Buffer.from(text, 'latin1'), more);
    if (manners === 'denies') return void socket.end('%% ERROR: Access denied\n\n\n');
    if (manners === 'denies as RIPE') return void socket.end('%ERROR:402: not authorised to mirror the database\n\n\n');
    if (manners === 'silent') return;
    if (manners === 'sends a web page') return void socket.end('<html><body>moved</body></html>\n');
    if (manners === 'floods' || manners === 'sends an endless line') {
      const chunk = manners === 'floods' ? '% remark\n'.repeat(8192) : 'x'.repeat(65_536);
      const more = () => void (socket.destroyed || say(chunk, more));
      more();
      return;
    }
    if (found === undefined)
      return void socket.end(ripe ? '%ERROR:403: unknown source\n' : '%% ERROR: Unknown source\n');
    const { served, journal } = found;
    const end = last === 'LAST' ? served.serial : Number(last);
    if (!ripe && first === served.serial + 1 && last === 'LAST')
      return void socket.end('% Warning: there are no newer updates available\n\n\n');
    if (ripe && (first < served.oldest || first > end))
      return void socket.end(`%ERROR:401: invalid range: Not within ${served.oldest}-${served.serial}\n\n\n`);
    if (first < served.oldest) return void socket.end(`%% ERROR: Serials ${first} - ${served.oldest} do not exist\n`);
    if (first > end) return void socket.end(`%% ERROR: Serials ${end} - ${first} do not exist\n`);
    const from = manners === 'replays' ? served.oldest : first;
    const shown = journal.filter(one => one.serial >= from && one.serial <= end);
    if (manners === 'reorders') shown.reverse();
    const as = manners === 'answers for another source' ? 'OTHER' : name;
    const paragraphs = shown.map(one => `${one.op}${version === '3' ? ` ${one.serial}` : ''}\n\n${one.object}\n\n`);
    const text = `% terms and conditions\n\n%START Version: ${version} ${as} ${from}-${end}\n\n${paragraphs.join('')}%END ${as}\n\n`;
    if (manners === 'stalls') say(text.slice(0, -12));
    else if (manners === 'cuts') socket.end(text.slice(0, text.indexOf('%END')));
    else if (manners === 'cuts an object') socket.end(text.slice(0, text.lastIndexOf('origin')));
    else if (ripe) socket.end(text, 'latin1');
    else say(text); // IRRd leaves it to the client to close
  }

  /** IRRd's own queries, as far as a mirror asks them. */
  function answerIrrd(socket: Socket, query: string): void {
    const data = (text: string) => socket.write(text === '' ? 'C\n' : `A${Buffer.byteLength(text) + 1}\n${text}\nC\n`);
    if (query === '!q') return void socket.end();
    if (query.startsWith('!n') || query.startsWith('!t') || query.startsWith('!s')) return void data('');
    if (query.startsWith('!j')) {
      const names = query.slice(2).includes('-*') ? [...sources.keys()] : query.slice(2).toUpperCase().split(',');
      const rows = names.flatMap(name => {
        const served = sources.get(name)?.served;
        return served === undefined ? [] : [`${name}:N:${served.oldest}-${served.serial}`];
      });
      return void data(rows.join('\n'));
    }
    socket.write('F Unrecognised command\n');
  }

  const whois = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let open = false;
    let line = '';
    socket.on('data', chunk => {
      line += chunk.toString('latin1');
      for (let end = line.indexOf('\n'); end >= 0; end = line.indexOf('\n')) {
        const query = line.slice(0, end).trim();
        line = line.slice(end + 1);
        irr.queries.push(query);
        const nrtm = /-g\s*([\w-]+):(\d):(\d+)-(\w+)/i.exec(query);
        if (query === '!!') open = true;
        else if (nrtm !== null) mirror(socket, nrtm[1]!.toUpperCase(), nrtm[2]!, Number(nrtm[3]), nrtm[4]!);
        else if (query.startsWith('!')) {
          answerIrrd(socket, query);
          if (!open) socket.end();
        } else if (/^-q\s*sources/.test(query))
          socket.end([...sources.values()].map(({ served: s }) => `${s.name}:3:Y:${s.oldest}-${s.serial}\n`).join(''));
        else socket.end('%  No entries found for the selected source(s).\n\n\n');
      }
    });
  });
  const serveFile = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '';
    irr.requests.push(path);
    const found = fileAt(path);
    if (irr.http5xx?.test(path)) return void response.writeHead(503).end();
    if (irr.redirects.has(path)) return void response.writeHead(302, { location: irr.redirects.get(path)! }).end();
    if (found === null) return void response.writeHead(404).end();
    const etag = `"${found.modified}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.writeHead(200, { etag, 'content-length': found.octets.length }).end(found.octets);
  };
  const http = tls === null ? createHttpServer(serveFile) : createHttpsServer(tls, serveFile);
  const port = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  await Promise.all(
    [whois, http].map(server => new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))),
  );
  const irr: IrrServer = {
    host: '127.0.0.1',
    port: port(whois),
    http: `http${tls === null ? '' : 's'}://127.0.0.1:${port(http)}`,
    ftp: await startFtpServer(fileAt),
    queries: [],
    requests: [],
    manners: 'well',
    ripe: false,
    files,
    http5xx: null,
    redirects: new Map(),
    source(name) {
      const known = sources.get(name);
      if (known !== undefined) return known.served;
      const journal: Journaled[] = [];
      const made = { served: servedSource(name, journal), journal };
      sources.set(name, made);
      return made.served;
    },
    close() {
      irr.ftp.close();
      for (const socket of sockets) socket.destroy();
      whois.close();
      http.closeAllConnections();
      http.close();
    },
  };
  return irr;
}
