/** One listener's requests: routes, bodies and the ways in which they go wrong (intertrack-api(7)). */
import { Readable } from 'node:stream';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { HttpRole } from '../config/http-tree.ts';
import { carryOut } from '../control/carry-out.ts';
import { readPackets } from '../control/chosen-packets.ts';
import type { Daemon } from '../control/daemon.ts';
import { answering, formatOf } from './answer.ts';
import { type ApiPath, apiPaths, BODY, chooseCommand } from './api-paths.ts';
import type { Admitted, Gate } from './gate.ts';
import { type LookingGlassOptions, serveLookingGlass } from './looking-glass.ts';
import type { Metrics } from './metrics.ts';
import { API, openApi, PCAP_TYPE } from './openapi.ts';
import { PROBLEM_TYPE, type Problem, problemBody } from './problem.ts';
import { type RisSocketOptions, serveRisLive } from './ris-socket.ts';
import type { Sessions } from './sessions.ts';

/** Octets of a body of parameters, and of a capture. */
const MOST_PARAMETERS = 64 * 1024;
const MOST_CAPTURE = 16 * 2 ** 20;
/** Octets of a capture that are looked at in one turn. */
const SLICE = 64 * 1024;
/** A client's connection may say nothing for so long, ms; and a request take so long to come in. */
const IDLE = 60_000;
const SLOWEST_REQUEST = 30_000;
/** How long a client may take to read why it was sent away, ms. */
const FAREWELL = 5_000;

/** The page runs nothing but its own script, and asks nobody but this daemon. */
const POLICY = "default-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export interface AppOptions {
  readonly daemon: Daemon;
  readonly gate: Gate;
  readonly sessions: Sessions;
  readonly metrics: Metrics;
  /** Takes a place among the requests of a kind; null: there is none left. Returns what gives it back. */
  readonly enter: (what: 'answering' | 'watching') => (() => void) | null;
  /** PEM; null: no TLS. */
  readonly tls: { readonly key: string; readonly cert: string } | null;
  /** What is served where it is configured, as it is at the moment. */
  readonly extras: {
    readonly risLive: RisSocketOptions['risLive'];
    readonly lookingGlass: LookingGlassOptions['on'];
    readonly render: LookingGlassOptions['render'];
  };
  /** Directory of the built page; null: there is none to be served. */
  readonly page: string | null;
}

/** A server that does not listen yet. */
export function createApp({ daemon, gate, sessions, metrics, enter, extras, tls, page }: AppOptions): FastifyInstance {
  const common = {
    bodyLimit: MOST_PARAMETERS,
    connectionTimeout: 0,
    keepAliveTimeout: IDLE,
    requestTimeout: SLOWEST_REQUEST,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
  } as const;
  const app = (
    tls === null ? fastify(common) : fastify({ ...common, https: { ...tls, minVersion: 'TLSv1.2' } })
  ) as FastifyInstance;
  const all = apiPaths();
  const paths = new Map(all.map(one => [one.path, one]));
  const askers = new WeakMap<FastifyRequest, Admitted>();

  const refuse = (reply: FastifyReply, problem: Problem) =>
    reply
      .code(problem.status)
      .headers({ 'Cache-Control': 'no-store', ...problem.headers })
      .type(PROBLEM_TYPE)
      .send(problemBody(problem));

  const knock = (request: FastifyRequest) => ({
    authorization: request.headers.authorization,
    host: request.headers.host,
    local: request.socket.localAddress ?? '',
    remote: request.socket.remoteAddress ?? '',
  });
  /** Before anything of the body is read. */
  const admit =
    (needs: (request: FastifyRequest) => HttpRole | null) => async (request: FastifyRequest, reply: FastifyReply) => {
      const found = gate.admit(knock(request), needs(request));
      if ('status' in found) return refuse(reply, found);
      askers.set(request, found);
    };

  app.removeContentTypeParser('text/plain');
  app.addHook('onResponse', async (request, reply) => {
    metrics.answered(reply.raw.statusCode, reply.elapsedTime / 1000);
    askers.delete(request);
  });
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500;
    return refuse(reply, { status, detail: error.message });
  });
  const nowhere = { status: 404, detail: `there is nothing here; ${API}/openapi.json lists what there is` };
  app.setNotFoundHandler({ preValidation: admit(() => null) }, (_request, reply) => refuse(reply, nowhere));

  app.get('/healthz', { onRequest: admit(() => null) }, (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', { onRequest: admit(() => null) }, async (request, reply) => {
    const { problems } = await daemon.status();
    if (problems.length === 0) return reply.type('text/plain').send('ok\n');
    const may = askers.get(request)?.role !== null;
    const detail = may ? problems.join('\n') : `${problems.length} problems`;
    return refuse(reply, { status: 503, detail });
  });
  app.get('/metrics', { onRequest: admit(() => 'reader') }, async (request, reply) => {
    const { type, text } = await metrics.read(request.headers.accept);
    return reply.type(type).header('Cache-Control', 'no-store').send(text);
  });
  // The same for as long as this program runs.
  let described = '';
  app.get(`${API}/openapi.json`, { onRequest: admit(() => null) }, async (_request, reply) => {
    if (described === '') {
      const { version } = await daemon.status();
      described = `${JSON.stringify(openApi(version, all), null, 2)}\n`;
    }
    return reply.type('application/json').send(described);
  });

  // Who asks, for clients that offer a person only what the token allows.
  app.get(`${API}/token`, { onRequest: admit(() => null) }, (request, reply) => {
    const { role, token } = askers.get(request)!;
    return reply.type('application/json').header('Cache-Control', 'no-store').send({ role, token });
  });

  if (page !== null)
    app.register(async scope => {
      // Nothing of it is secret: who may look shows his token when it asks for something.
      scope.addHook(
        'onRequest',
        admit(() => null),
      );
      await scope.register(fastifyStatic, {
        ...{ root: page, preCompressed: true, dotfiles: 'ignore', cacheControl: false },
        setHeaders(reply, path) {
          reply.header('Content-Security-Policy', POLICY);
          reply.header('X-Content-Type-Options', 'nosniff');
          reply.header('Referrer-Policy', 'no-referrer');
          // The names of assets change with what is in them.
          const kept = path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
          reply.header('Cache-Control', kept);
        },
      });
    });

  const by = (request: FastifyRequest) => {
    const asker = askers.get(request);
    return `http ${asker?.token ? `token ${asker.token}` : 'without a token'} from ${request.socket.remoteAddress}`;
  };
  const session = (request: FastifyRequest) => ({
    authorization: request.headers.authorization,
    role: askers.get(request)?.role ?? null,
  });
  app.register(scope =>
    serveRisLive(scope, {
      risLive: extras.risLive,
      async admit(request, reply) {
        if (extras.risLive() === null) return refuse(reply, nowhere);
        // A browser connects for any page; only our own may listen as who shows no token.
        if (isOfAnotherPage(request)) return refuse(reply, { status: 403, detail: 'a page of somewhere else' });
        return admit(() => 'reader')(request, reply);
      },
      refused(request) {
        const found = gate.admit(knock(request), 'reader');
        return 'status' in found ? found.detail : null;
      },
      hold: (request, end) =>
        sessions.hold({
          ...session(request),
          end,
          otherwise: () => (extras.risLive() === null ? 'RIS Live is not served here any more' : null),
        }),
      ...{ by, enter: () => enter('watching') },
    }),
  );

  serveLookingGlass(app, {
    ...{ daemon, on: extras.lookingGlass, render: extras.render, by, enter: () => enter('answering') },
    admit(request) {
      const found = gate.admit(knock(request), 'reader');
      if ('status' in found) return found;
      askers.set(request, found);
      return null;
    },
  });

  const pathOf = (request: FastifyRequest): ApiPath | undefined => {
    const rest = (request.params as { readonly '*': string })['*'];
    return paths.get(rest.replace(/\/$/, ''));
  };
  const needs = (request: FastifyRequest): HttpRole =>
    request.method === 'POST' && pathOf(request)?.method === 'POST' ? 'operator' : 'reader';
  /** Who is let in sends a body only to what takes one, and only from where it may. */
  const aim = async (request: FastifyRequest, reply: FastifyReply) => {
    const path = pathOf(request);
    if (path === undefined) return refuse(reply, nowhere);
    if (request.method !== path.method) {
      const detail = path.method === 'POST' ? 'this does something: ask by POST' : 'this only looks: ask by GET';
      return refuse(reply, { status: 405, detail, headers: { Allow: path.method } });
    }
    // A browser sends what any page tells it to: of who shows no token only our own page may have it do something.
    if (path.method === 'POST' && askers.get(request)?.token == null && isOfAnotherPage(request))
      return refuse(reply, { status: 403, detail: 'a page of somewhere else has no say here: show a token' });
  };
  app.register(async scope => {
    // Nowhere else is anything as long taken.
    scope.addContentTypeParser(PCAP_TYPE, { parseAs: 'buffer', bodyLimit: MOST_CAPTURE }, (_request, body, done) => {
      done(null, body);
    });
    scope.route({
      method: ['GET', 'POST'],
      url: `${API}/*`,
      onRequest: [admit(needs), aim],
      handler: (request, reply) => command(pathOf(request)!, request, reply),
    });
  });

  async function command(path: ApiPath, request: FastifyRequest, reply: FastifyReply) {
    const given = parametersOf(path, request);
    if (typeof given === 'string') return refuse(reply, { status: 400, detail: given });
    const resolved = chooseCommand(path, given);
    if ('error' in resolved) return refuse(reply, { status: 400, detail: resolved.error, expected: resolved.expected });
    const capture = Buffer.isBuffer(request.body) ? request.body : null;
    if (resolved.args[BODY] !== undefined && capture === null)
      return refuse(reply, { status: 415, detail: `a capture is needed for a body, of type ${PCAP_TYPE}` });
    if (resolved.args[BODY] === undefined && capture !== null)
      return refuse(reply, { status: 415, detail: 'this takes no capture' });
    const format = formatOf(request.headers.accept);
    if (resolved.entry.live && format === 'json') {
      const detail = 'this goes on until it is interrupted: accept application/x-ndjson or text/event-stream';
      return refuse(reply, { status: 406, detail });
    }
    const leave = enter(resolved.entry.live ? 'watching' : 'answering');
    if (leave === null) return refuse(reply, { status: 503, detail: 'too many requests are being answered' });
    const gone = new AbortController();
    const who = by(request);
    const { socket } = request.raw;
    const left = () => gone.abort();
    socket.once('close', left);
    if (socket.destroyed) left();
    reply.hijack();
    const answer = answering(reply.raw, format, gone.signal);
    // An order is carried out: what it does, its token allowed when it was given.
    const sentAway = new AbortController();
    const letGo =
      path.method === 'GET' || resolved.entry.live
        ? sessions.hold({ ...session(request), end: why => sentAway.abort(why) })
        : () => {};
    const asked = { resolved, by: who, signal: AbortSignal.any([gone.signal, sentAway.signal]) };
    try {
      const outcome = await carryOut(daemon, asked, answer);
      if (sentAway.signal.aborted && !gone.signal.aborted) {
        const slow = setTimeout(() => reply.raw.destroy(), FAREWELL).unref();
        reply.raw.once('close', () => clearTimeout(slow));
        return await answer.end({ how: 'failed', error: String(sentAway.signal.reason) }, 401);
      }
      if (outcome.how !== 'done' || outcome.want === null) return await answer.end(outcome);
      const read = await readPackets({ ...outcome.want, file: '-' }, Readable.from(slices(capture!)));
      if ('error' in read) return await answer.end({ how: 'failed', error: read.error });
      const traced = await carryOut(daemon, { ...asked, data: { packets: read.packets } }, answer);
      const remarked = traced.how === 'done' && read.remark !== null;
      await answer.end(remarked ? { ...traced, notes: [...traced.notes, read.remark!] } : traced);
    } catch {
      // The client has gone in the midst of a row.
      reply.raw.destroy();
    } finally {
      // The connection may stay for many requests more.
      socket.off('close', left);
      letGo();
      leave();
    }
  }
  return app;
}

/** True when a browser says that a page of another place has sent this (RFC 6454 section 7, the Origin header). */
function isOfAnotherPage({ headers: { origin, host } }: FastifyRequest): boolean {
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** A capture bit by bit, with a turn of the loop between. */
async function* slices(capture: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < capture.length; at += SLICE) {
    yield capture.subarray(at, at + SLICE);
    await new Promise(resolve => setImmediate(resolve));
  }
}

/**
 * Parameters of query and body as texts; or what is wrong with them. A browser whose stream of events was cut says by a field
 * of its own where it was (WHATWG HTML section 9.2.4): it is `since`, where there is such a parameter.
 */
function parametersOf({ commands }: ApiPath, request: FastifyRequest): Record<string, string> | string {
  const found: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(request.query as Readonly<Record<string, unknown>>)) {
    if (typeof value !== 'string') return `${name} stands twice in the query`;
    found[name] = value;
  }
  const last = request.headers['last-event-id'];
  const goesOn = commands.some(one => one.command.live && one.parameters.some(({ name }) => name === 'since'));
  if (goesOn && typeof last === 'string' && last !== '') found.since = last;
  const { body } = request;
  if (body === undefined || body === null || Buffer.isBuffer(body)) return found;
  if (typeof body !== 'object' || Array.isArray(body)) return 'the body is no JSON object';
  for (const [name, value] of Object.entries(body)) {
    if (found[name] !== undefined) return `${name} stands in the query and in the body`;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return `${name} is no text, no number, and neither true nor false`;
    found[name] = String(value);
  }
  return found;
}
