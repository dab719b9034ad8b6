/**
 * A small FTP server of files in memory, from RFC 959, 2428 (EPSV) and 3659 (SIZE, MDTM): reading only, in passive mode, on
 * the loopback, for the tests of the FTP client, which must be able to trust it to misbehave.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface FtpFile {
  readonly octets: Buffer;
  /** ms since the epoch. */
  readonly modified: number;
}

export interface FtpServer {
  /** `ftp://127.0.0.1:PORT`. */
  readonly url: string;
  /** Commands that came. */
  readonly commands: string[];
  /** `cuts`: the data connection ends early. `stalls`: it never ends. `mute`: no SIZE and no MDTM. */
  manners: 'well' | 'cuts' | 'stalls' | 'mute';
  close(): void;
}

const listening = (server: Server): Promise<number> =>
  new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

/** `file` answers what lies under a path, or null. */
export async function startFtpServer(file: (path: string) => FtpFile | null): Promise<FtpServer> {
  const commands: string[] = [];
  const sockets = new Set<Socket | Server>();

  function serve(control: Socket): void {
    sockets.add(control);
    control.on('error', () => {});
    let data: { readonly server: Server; readonly socket: Promise<Socket> } | null = null;
    const say = (line: string) => control.write(`${line}\r\n`);

    async function passive(): Promise<number> {
      const server = createServer();
      sockets.add(server);
      const socket = new Promise<Socket>(resolve => server.once('connection', resolve));
      data = { server, socket };
      return listening(server);
    }
    async function send({ octets }: FtpFile): Promise<void> {
      say('150 here it comes');
      const { socket, server } = data!;
      const to = await socket;
      sockets.add(to);
      to.on('error', () => {});
      server.close();
      if (ftp.manners === 'stalls') to.write(octets.subarray(0, octets.length >> 1));
      else to.end(ftp.manners === 'cuts' ? octets.subarray(0, octets.length >> 1) : octets, () => say('226 done'));
    }
    async function carryOut(command: string, path: string): Promise<void> {
      const found = file(`/${path}`);
      const known = found !== null && ftp.manners !== 'mute';
      switch (command) {
        case 'USER':
          return void say('331 any password');
        case 'PASS':
          return void say('230 welcome');
        case 'FEAT':
          return void say('211-features\r\n SIZE\r\n MDTM\r\n EPSV\r\n211 end');
        case 'TYPE':
        case 'STRU':
        case 'MODE':
          return void say('200 so be it');
        case 'SIZE':
          return void say(known ? `213 ${found.octets.length}` : '550 no');
        case 'MDTM': {
          const stamp = new Date(found?.modified ?? 0).toISOString().replace(/\D/g, '').slice(0, 14);
          return void say(known ? `213 ${stamp}` : '550 no');
        }
        case 'EPSV':
          return void say(`229 passive (|||${await passive()}|)`);
        case 'RETR':
          if (found === null || data === null) say('550 no such file');
          else await send(found);
          return;
        case 'QUIT':
          return void say('221 good bye');
        default:
          return void say('502 not known here');
      }
    }
    say('220 test');
    let line = '';
    control.on('data', chunk => {
      line += chunk.toString('latin1');
      for (let end = line.indexOf('\r\n'); end >= 0; end = line.indexOf('\r\n')) {
        const words = line.slice(0, end);
        line = line.slice(end + 2);
        commands.push(words);
        const [command = '', ...rest] = words.split(' ');
        void carryOut(command.toUpperCase(), rest.join(' '));
      }
    });
  }

  const server = createServer(serve);
  sockets.add(server);
  const port = await listening(server);
  const ftp: FtpServer = {
    url: `ftp://127.0.0.1:${port}`,
    commands,
    manners: 'well',
    close() {
      for (const one of sockets) 'destroy' in one ? one.destroy() : one.close();
    },
  };
  return ftp;
}
