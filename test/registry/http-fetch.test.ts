import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { isSafeUrl } from '../../src/net/safe-url.ts';
import { type Fetched, type FetchOptions, fetchUrl } from '../../src/registry/irr/http-fetch.ts';

const LIMITS = { octets: 1000, total: 10_000, silence: 10_000 };

describe('registry/irr/http-fetch', () => {
  let server: Server;
  let answer: (path: string, response: ServerResponse, tag: string | undefined) => void;
  let base: string;

  before(async () => {
    server = createServer((request, response) => answer(request.url ?? '', response, request.headers['if-none-match']));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  async function fetched(url: string, more: Partial<FetchOptions> = {}): Promise<[Fetched | string, Buffer]> {
    const chunks: Buffer[] = [];
    const options = { limits: LIMITS, allow: isSafeUrl, signal: new AbortController().signal, ...more };
    const what = await fetchUrl(new URL(url), options, chunk => void chunks.push(chunk));
    return [what, Buffer.concat(chunks)];
  }
  const why = async (url: string, more: Partial<FetchOptions> = {}) => {
    const [what] = await fetched(url, more);
    return typeof what === 'string' ? what : 'it came';
  };

  it('hands on the octets as they lie there, whatever the server calls them', async () => {
    const body = gzipSync('hello');
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
    const [what, octets] = await fetched(`${base}/x`);
    expect(what).to.deep.equal({ changed: true, octets: body.length, etag: null, modified: null });
    expect(octets).to.deep.equal(body);
  });
  it('asks whether it has changed, and tells when it was made', async () => {
    answer = (_, response, tag) =>
      tag === '"a"'
        ? response.writeHead(304).end()
        : response.writeHead(200, { etag: '"a"', 'last-modified': 'Sun, 29 Nov 2026 00:00:00 GMT' }).end('x');
    expect((await fetched(`${base}/x`))[0]).to.deep.equal({
      changed: true,
      octets: 1,
      etag: '"a"',
      modified: Date.UTC(2026, 10, 29),
    });
    expect((await fetched(`${base}/x`, { etag: '"a"' }))[0]).to.include({ changed: false, etag: '"a"' });
  });
  it('follows a few redirects, and only where it may', async () => {
    answer = (path, response) => {
      const hop = Number(path.slice(1));
      if (hop === 0) response.end('there');
      else response.writeHead(302, { location: `/${hop - 1}` }).end();
    };
    expect(String((await fetched(`${base}/3`))[1])).to.equal('there');
    expect(await why(`${base}/4`)).to.match(/more than 3 times/);
    for (const location of ['http://192.0.2.1/x', 'file:///etc/passwd', 'ftp://192.0.2.1/', 'http://']) {
      answer = (_, response) => response.writeHead(301, { location }).end();
      expect(await why(`${base}/x`), location).to.match(/which is not followed/);
    }
  });
  it('takes no more than it may, whether the server says so before or not', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 2_000_000_000 }).write('x');
    expect(await why(`${base}/x`)).to.equal('it has 2000000000 octets, more than 1000');
    answer = (_, response) => {
      response.write('x');
      response.end('x'.repeat(1000));
    };
    expect(await why(`${base}/x`)).to.equal('it has more than 1000 octets');
  });
  it('does not wait for ever: for the first octet, for the next one, for the last one', async () => {
    const limits = (total: number, silence: number) => ({ limits: { octets: 1e9, total, silence } });
    answer = () => {};
    expect(await why(`${base}/x`, limits(60_000, 30))).to.equal('nothing came for 0.03 s');
    answer = (_, response) => response.writeHead(200).write('x');
    expect(await why(`${base}/x`, limits(60_000, 30))).to.equal('nothing came for 0.03 s');
    answer = (_, response) => {
      const drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    };
    expect(await why(`${base}/x`, limits(60, 60_000))).to.equal('it is not done within 0.06 s');
  });
  it('says what else went wrong', async () => {
    answer = (_, response) => response.writeHead(503).end();
    expect(await why(`${base}/x`)).to.equal('the server answers with status 503');
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy());
    };
    expect(await why(`${base}/x`)).to.equal('the connection was cut');
    const closed = createTcpServer();
    await new Promise<void>(resolve => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise(resolve => closed.close(resolve));
    expect(await why(`http://127.0.0.1:${port}/x`)).to.equal('connection refused');
    expect(await why(`${base}/x`, { signal: AbortSignal.abort() })).to.equal('it was given up');
  });
  it('keeps its connection from one file to the next, and asks again when the server has closed it meanwhile', async () => {
    const asked: number[] = [];
    const picky = createTcpServer(socket => {
      let requests = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        if (++requests > 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx');
        asked.push(requests);
      });
    });
    await new Promise<void>(resolve => picky.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(picky.address() as AddressInfo).port}/x`;
    for (let i = 0; i < 3; i++) expect(await why(url)).to.equal('it came');
    expect(asked).to.deep.equal([1, 2, 3, 1]);
    picky.close();
  });
  it('throws what the taker throws', async () => {
    answer = (_, response) => response.end('x');
    const options = { limits: LIMITS, allow: isSafeUrl, signal: new AbortController().signal };
    const failing = fetchUrl(new URL(`${base}/x`), options, () => Promise.reject(new Error('the disk is full')));
    await failing.then(
      () => expect.fail('it did not throw'),
      (error: Error) => expect(error.message).to.equal('the disk is full'),
    );
  });
  it('reads files of this machine, with the same bounds', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'http-fetch-'));
    const file = join(directory, 'a b');
    await writeFile(file, 'hello');
    const [what, octets] = await fetched(pathToFileURL(file).href);
    expect([what, String(octets)]).to.deep.equal([{ changed: true, octets: 5, etag: null, modified: null }, 'hello']);
    await writeFile(file, 'x'.repeat(1001));
    expect(await why(pathToFileURL(file).href)).to.equal('it has more than 1000 octets');
    expect(await why(`${pathToFileURL(file).href}c`)).to.equal('no such file');
    await rm(directory, { recursive: true });
  });
  it('is safe with https, with files, and with http on this machine alone', () => {
    const urls = ['https://a.example/', 'file:///a', 'http://127.0.0.1:80/', 'http://[::1]/', 'http://localhost/'];
    for (const url of urls) expect(isSafeUrl(new URL(url)), url).to.equal(true);
    for (const url of ['http://a.example/', 'ftp://127.0.0.1/', 'http://127.0.0.1.a.example/', 'http://localhost.a/'])
      expect(isSafeUrl(new URL(url)), url).to.equal(false);
  });
});
