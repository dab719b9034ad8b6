/**
 * The looking glass of RFC 8522: its commands as paths below `/.well-known/looking-glass/v1`, answered as JSend objects
 * (section 3) by the commands of the shell that show the same. It looks and does nothing; what it has no command for, such
 * as ping, it says to be not implemented.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { carryOut } from '../control/carry-out.ts';
import { resolveCommand } from '../control/commands.ts';
import type { Daemon } from '../control/daemon.ts';
import { parsePrefix } from '../net/prefix.ts';
import type { Problem } from './problem.ts';

export const LOOKING_GLASS = '/.well-known/looking-glass/v1';

/** The rows of a command as the shell shows them. */
export type RenderText = (command: string, rows: readonly unknown[]) => Promise<readonly string[]>;

export interface LookingGlassOptions {
  readonly daemon: Daemon;
  readonly on: () => boolean;
  readonly render: RenderText;
  /** Lets a request in as a reader, or tells why not. */
  readonly admit: (request: FastifyRequest) => Problem | null;
  /** Who it is, in words. */
  readonly by: (request: FastifyRequest) => string;
  readonly enter: () => (() => void) | null;
}

/** Lines of an answer; what is beyond that is left out, and that is said. */
const MOST_LINES = 2000;
/** Seconds that a command may take, where the client says nothing of it, and the most that it may ask for (section 3.1). */
const RUNTIME = 30;
const MOST_RUNTIME = 60;

const FORMATS = ['text/plain', 'application/json'] as const;
type Format = (typeof FORMATS)[number];

/** A command of section 3.2: its words are its path. */
interface GlassCommand {
  readonly command: string;
  readonly arguments: '' | '{addr}';
  readonly description: string;
  /** The words of the shell; null: not implemented. */
  readonly words: ((address: string) => readonly string[]) | null;
}

const COMMANDS: readonly GlassCommand[] = [
  { command: 'ping', arguments: '{addr}', description: 'Send echo requests', words: null },
  { command: 'traceroute', arguments: '{addr}', description: 'Trace the way to a host', words: null },
  {
    ...{ command: 'show route', arguments: '{addr}', description: 'Routes held for an address or prefix' },
    words: address => ['show', 'route', address],
  },
  {
    ...{ command: 'show bgp', arguments: '{addr}', description: 'The same with all attributes' },
    words: address => ['show', 'route', address, 'detail'],
  },
  {
    ...{ command: 'show bgp summary', arguments: '', description: 'One line for each BGP peer' },
    words: () => ['show', 'bgp', 'summary'],
  },
  {
    ...{ command: 'show bgp neighbors', arguments: '{addr}', description: 'Details of one BGP peer' },
    words: address => ['show', 'bgp', 'neighbor', address],
  },
];

/** What a request is not answered with data for: `fail` where the client can mend it, else `error` (section 3). */
interface Refusal {
  readonly status: 'fail' | 'error';
  readonly code: number;
  readonly message: string;
}

const fail = (code: number, message: string): Refusal => ({ status: 'fail', code, message });
const notImplemented = (message: string): Refusal => ({ status: 'error', code: 501, message });

interface Query {
  readonly format: Format;
  readonly runtime: number;
}

/** Reads the query parameters of section 3.1 for the router of this name. */
function readQuery(query: Readonly<Record<string, unknown>>, router: string): Query | Refusal {
  const {
    protocol,
    router: of,
    routerindex,
    random,
    vrf,
    runtime = `${RUNTIME}`,
    format = 'text/plain',
    ...others
  } = query;
  const [other] = Object.keys(others);
  if (other !== undefined) return fail(400, `unknown parameter ${JSON.stringify(other.slice(0, 60))}`);
  for (const [name, value] of Object.entries(query))
    if (typeof value !== 'string') return fail(400, `${name} stands twice in the query`);
  if (random !== undefined && String(random).length > 256) return fail(400, 'random is longer than 256 characters');
  if (vrf !== undefined) return notImplemented('there are no VRFs here');
  if (protocol !== undefined && !/^[12](,1)?$/.test(String(protocol)))
    return fail(400, 'protocol is 1,1 or 2,1: only IPv4 and IPv6 unicast are shown');
  if (of !== undefined && of !== router) return fail(404, `the one router here is ${router}`);
  if (routerindex !== undefined && !isIndex(String(routerindex))) return fail(404, 'there is one router here');
  const seconds = /^\d{1,4}$/.test(String(runtime)) ? Number(runtime) : 0;
  if (seconds < 1 || seconds > MOST_RUNTIME) return fail(400, `runtime is 1 to ${MOST_RUNTIME} seconds`);
  const found = FORMATS.find(one => one === format);
  return found === undefined ? fail(400, `format is ${FORMATS.join(' or ')}`) : { format: found, runtime: seconds };
}

/** The one router has the first place of the list, whichever number the client begins to count with. */
const isIndex = (text: string): boolean => text === '0' || text === '1';

/** The command of a path and its address; or why there is none. */
function readPath(path: string): { readonly command: GlassCommand; readonly address: string } | Refusal {
  const spoken = path.replaceAll('/', ' ');
  // The longest name first: `show bgp summary` is no `show bgp` of an address.
  for (const command of COMMANDS.toSorted((a, b) => b.command.length - a.command.length)) {
    if (spoken !== command.command && !spoken.startsWith(`${command.command} `)) continue;
    const address = path.slice(command.command.length + 1);
    if (command.words === null)
      return notImplemented(`${command.command} is not implemented: nothing is sent from here`);
    if (command.arguments === '' ? address !== '' : parsePrefix(address) === null)
      return fail(400, `${command.command} takes ${command.arguments === '' ? 'nothing' : 'an address or prefix'}`);
    return { command, address };
  }
  return fail(404, `there is no such command; ${LOOKING_GLASS}/cmd lists what there is`);
}

/** Serves it, where it is configured at the moment. */
export function serveLookingGlass(app: FastifyInstance, options: LookingGlassOptions): void {
  const { daemon, on, admit, enter } = options;
  const refuse = (reply: FastifyReply, { status, code, message }: Refusal) =>
    send(reply.code(code), { status, ...(status === 'fail' ? { data: { message } } : { message, code }) });

  async function answer(request: FastifyRequest, reply: FastifyReply, path: string) {
    const began = performance.now();
    const router = daemon.creator().name;
    const query = readQuery(request.query as Readonly<Record<string, unknown>>, router);
    if ('status' in query) return refuse(reply, query);
    const dated = (data: object) => ({
      status: 'success',
      data: {
        ...data,
        performed_at: new Date().toISOString(),
        runtime: Math.round(performance.now() - began) / 1000,
      },
    });
    if (path === '' || path === 'cmd') return send(reply, dated({ commands: described(request) }));
    if (path === 'routers') return send(reply, dated({ routers: [router] }));
    const [, index] = /^routers\/(\d{1,9})$/.exec(path) ?? [];
    if (index !== undefined) {
      if (!isIndex(index)) return refuse(reply, fail(404, 'there is one router here'));
      const { as, version } = await daemon.status();
      const about = { name: router, autonomous_system: as, description: `InterTrack ${version}` };
      return send(reply, dated({ id: Number(index), ...about, format: FORMATS }));
    }
    const asked = readPath(path);
    if ('status' in asked) return refuse(reply, asked);
    const { output, left, problem } = await run(request, asked.command.words!(asked.address), query);
    if (problem !== null) return refuse(reply, problem);
    return send(reply, dated({ router, output, format: query.format, ...(left > 0 && { left_out: left }) }));
  }

  /** Carries a command of the shell out, no longer than the client wants to wait. */
  async function run(request: FastifyRequest, words: readonly string[], { format, runtime }: Query) {
    const nothing = { output: [] as unknown[], left: 0 };
    const resolved = resolveCommand(words);
    if ('error' in resolved) return { ...nothing, problem: fail(400, resolved.error) };
    const gone = new AbortController();
    const { socket } = request.raw;
    const hungUp = () => gone.abort();
    socket.once('close', hungUp);
    const signal = AbortSignal.any([AbortSignal.timeout(runtime * 1000), gone.signal]);
    const rows: unknown[] = [];
    let more = 0;
    const take = async (row: unknown) => {
      if (rows.length < MOST_LINES) rows.push(row);
      else more++;
    };
    const asked = { resolved, by: options.by(request), signal };
    const outcome = await carryOut(daemon, asked, { row: take }).finally(() => socket.off('close', hungUp));
    if (outcome.how === 'cancelled')
      return { ...nothing, problem: fail(504, `it took longer than ${runtime} seconds`) };
    if (outcome.how === 'failed') return { ...nothing, problem: fail(404, outcome.error) };
    if (format === 'application/json') return { output: rows, left: more, problem: null };
    const lines = [...(await options.render(outcome.name, rows)), ...outcome.notes];
    const left = Math.max(lines.length - MOST_LINES, 0) + more;
    const rest = left > 0 ? [`${left} more that are not shown`] : [];
    return { output: [...lines.slice(0, MOST_LINES), ...rest], left, problem: null };
  }

  const described = ({ protocol, host }: FastifyRequest) =>
    COMMANDS.filter(({ words }) => words !== null).map(({ command, arguments: takes, description }) => ({
      href: `${protocol}://${host}${LOOKING_GLASS}/${command.replaceAll(' ', '/')}`,
      ...{ arguments: takes, description, command },
    }));

  /** Before anything of the body is read. */
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    if (!on()) return refuse(reply, fail(404, 'there is no looking glass here'));
    const problem = admit(request);
    if (problem !== null) {
      reply.headers({ ...problem.headers });
      return refuse(reply, { status: 'error', code: problem.status, message: problem.detail });
    }
    if (request.method !== 'GET') {
      reply.header('Allow', 'GET');
      return refuse(reply, fail(405, 'a looking glass is asked by GET'));
    }
  };

  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const leave = enter();
    if (leave === null)
      return refuse(reply, { status: 'error', code: 503, message: 'too many requests are being answered' });
    try {
      const path = (request.params as { readonly '*'?: string })['*'] ?? '';
      return await answer(request, reply, path.replace(/\/$/, ''));
    } finally {
      leave();
    }
  };
  app.all(LOOKING_GLASS, { onRequest }, handler);
  app.all(`${LOOKING_GLASS}/*`, { onRequest }, handler);
}

const send = (reply: FastifyReply, body: unknown) =>
  reply
    .type('application/json')
    .header('Cache-Control', 'no-store')
    .send(`${JSON.stringify(body)}\n`);
