import { expect } from 'chai';
import type { HttpConfig } from '../../src/config/http-tree.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import { renderAnswer } from '../../src/vty/render/answer.ts';
import { createHttpServer, type HttpServer, readHttpFiles } from '../../src/web/server.ts';
import { NOON, ROUTES, STATUS, SUMMARY, scriptedDaemon } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';

/** RFC 8522, section by section. */
describe('web/looking-glass', () => {
  let server: HttpServer;
  afterEach(() => server.close());

  async function open(over: Partial<HttpConfig> = {}, daemon: Partial<Daemon> = {}): Promise<void> {
    const render = async (command: string, rows: readonly unknown[]) => renderAnswer(command, rows, NOON);
    server = createHttpServer(scriptedDaemon(daemon), () => {}, null, render);
    const config: HttpConfig = {
      ...{ listen: [{ address: '127.0.0.1', port: 0 }], identity: null, tokens: [], anonymous: 'reader', rate: 1000 },
      ...{ lookingGlass: true, ...over },
    };
    await server.configure(config, readHttpFiles(config));
  }
  const base = () => `http://127.0.0.1:${server.ports()[0]}/.well-known/looking-glass/v1`;
  const ask = async (path: string, how: RequestInit = {}) => {
    const answer = await fetch(`${base()}${path}`, { headers: { connection: 'close' }, ...how });
    expect(answer.headers.get('content-type')).to.match(/^application\/json\b/);
    return { code: answer.status, body: (await answer.json()) as Record<string, object>, headers: answer.headers };
  };

  it('answers a command with a JSend object: who, when, how long, and the lines', async () => {
    await open();
    const { code, body } = await ask('/show/bgp/summary');
    expect(code).to.equal(200);
    expect(body).to.have.all.keys('status', 'data');
    expect(body.status).to.equal('success');
    const data = body.data as Record<string, unknown>;
    expect(data).to.have.all.keys('router', 'performed_at', 'runtime', 'output', 'format');
    expect(data).to.include({ router: 'it.example.net', format: 'text/plain' });
    expect(data.performed_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(data.runtime).to.be.a('number').that.is.at.least(0);
    expect(data.output).to.deep.equal(renderAnswer('show bgp summary', SUMMARY, NOON));
  });

  const commands: readonly (readonly [string, string])[] = [
    ['/show/route/192.0.2.0/24', 'Prefix'],
    ['/show/route/2001:db8::1', 'Prefix'],
    ['/show/bgp/192.0.2.0/24', 'Prefix'],
    ['/show/bgp/192.0.2.1?protocol=1,1', 'Prefix'],
    ['/show/bgp/neighbors/203.0.113.1', 'Peer tyo1'],
    ['/show/bgp/summary/?router=it.example.net&runtime=5&random=f3a9', 'Neighbor'],
    ['/show/route/192.0.2.0/24?routerindex=0', 'Prefix'],
  ];
  for (const [path, word] of commands)
    it(`answers ${path}`, async () => {
      await open();
      const { code, body } = await ask(path);
      expect([code, body.status]).to.deep.equal([200, 'success']);
      expect((body.data as { output: string[] }).output.join('\n')).to.contain(word);
    });

  it('gives the rows themselves to who wants JSON', async () => {
    await open();
    const { body } = await ask('/show/route/192.0.2.0/24?format=application/json');
    expect(body.data).to.deep.include({ output: ROUTES, format: 'application/json' });
  });

  it('lists its commands, with where each is and what it takes, and its one router', async () => {
    await open();
    const { body } = await ask('/cmd');
    const { commands: all } = body.data as { commands: { command: string }[] };
    expect(all.map(({ command }) => command)).to.deep.equal([
      'show route',
      'show bgp',
      'show bgp summary',
      'show bgp neighbors',
    ]);
    expect(all[0]).to.deep.equal({
      ...{ href: `${base()}/show/route`, arguments: '{addr}', command: 'show route' },
      description: 'Routes held for an address or prefix',
    });
    expect(((await ask('')).body.data as typeof body).commands).to.deep.equal(all);
    expect((await ask('/routers')).body.data).to.deep.include({ routers: ['it.example.net'] });
    expect((await ask('/routers/1')).body.data).to.deep.include({
      ...{ id: 1, name: 'it.example.net', autonomous_system: STATUS.as },
    });
  });

  const refused: readonly (readonly [string, number, 'fail' | 'error', string])[] = [
    ['/ping/192.0.2.1', 501, 'error', 'ping is not implemented'],
    ['/traceroute/2001:db8::1', 501, 'error', 'traceroute is not implemented'],
    ['/show/bgp/summary?vrf=red', 501, 'error', 'there are no VRFs here'],
    ['/show/version', 404, 'fail', 'there is no such command'],
    ['/show/case', 404, 'fail', 'there is no such command'],
    ['/routers/2', 404, 'fail', 'there is one router here'],
    ['/show/bgp/summary?router=other', 404, 'fail', 'the one router here is it.example.net'],
    ['/show/bgp/summary?routerindex=7', 404, 'fail', 'there is one router here'],
    ['/show/route/nonsense', 400, 'fail', 'show route takes an address or prefix'],
    ['/show/route', 400, 'fail', 'show route takes an address or prefix'],
    ['/show/bgp/summary/192.0.2.1', 400, 'fail', 'show bgp summary takes nothing'],
    ['/show/bgp/summary?protocol=1,128', 400, 'fail', 'protocol is 1,1 or 2,1'],
    ['/show/bgp/summary?runtime=0', 400, 'fail', 'runtime is 1 to 60 seconds'],
    ['/show/bgp/summary?format=text/html', 400, 'fail', 'format is text/plain or application/json'],
    ['/show/bgp/summary?what=this', 400, 'fail', 'unknown parameter "what"'],
    ['/show/bgp/summary?runtime=5&runtime=6', 400, 'fail', 'runtime stands twice'],
  ];
  for (const [path, code, status, message] of refused)
    it(`refuses ${path}`, async () => {
      await open();
      const answer = await ask(path);
      expect([answer.code, answer.body.status]).to.deep.equal([code, status]);
      const said = status === 'fail' ? (answer.body.data as { message: string }).message : answer.body.message;
      expect(said).to.contain(message);
    });

  it('looks and does nothing, and tells nobody more than the role allows', async () => {
    await open();
    const posted = await ask('/show/bgp/summary', { method: 'POST', headers: { connection: 'close' } });
    expect([posted.code, posted.headers.get('allow')]).to.deep.equal([405, 'GET']);
    await server.close();
    await open({ anonymous: null });
    expect(await ask('/show/bgp/summary')).to.deep.include({
      code: 401,
      body: { status: 'error', message: 'a token is needed', code: 401 },
    });
    await server.close();
    await open({ rate: 1 });
    // One a second: of so many at once some come too early, however slow the machine is.
    const all = await Promise.all(Array.from({ length: 40 }, () => ask('/cmd')));
    const busy = all.find(({ code }) => code === 429);
    expect(busy?.headers.get('retry-after')).to.equal('1');
  });

  it('ends what takes too long, says what fails, and shows no more than it should', async () => {
    await open({}, { ribQuery: () => new Promise(() => {}) });
    const late = await ask('/show/bgp/summary?runtime=1');
    expect(late).to.deep.include({
      code: 504,
      body: { status: 'fail', data: { message: 'it took longer than 1 seconds' } },
    });
    await server.close();
    await open({}, { ribQuery: async () => [] as never });
    expect((await ask('/show/bgp/neighbors/192.0.2.9')).body).to.deep.equal({
      status: 'fail',
      data: { message: 'no peer has the name or address 192.0.2.9' },
    });
    await server.close();
    await open({}, { ribQuery: async () => Array(3000).fill(SUMMARY[0]) as never });
    const { output } = (await ask('/show/bgp/summary')).body.data as { output: string[] };
    expect(output).to.have.length(2001);
    expect(output.at(-1)).to.match(/^\d+ more that are not shown$/);
    const rows = (await ask('/show/bgp/summary?format=application/json')).body.data as Record<string, unknown>;
    expect(rows.output).to.have.length(2000);
    expect(rows.left_out).to.equal(1000);
  });

  it('ends what nobody waits for any more', async () => {
    await open({}, { ribQuery: () => new Promise(() => {}) });
    const gone = new AbortController();
    const asked = ask('/show/bgp/summary?runtime=60', { signal: gone.signal }).catch(() => null);
    await until('it is in work', () => server.status().answering === 1);
    gone.abort();
    await asked;
    await until('it is given up', () => server.status().answering === 0);
  });

  it('is not there where it is not configured', async () => {
    await open({ lookingGlass: undefined as never });
    expect(await ask('/cmd')).to.deep.include({
      code: 404,
      body: { status: 'fail', data: { message: 'there is no looking glass here' } },
    });
  });
});
