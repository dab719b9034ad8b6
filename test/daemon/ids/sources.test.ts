import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openEveSocket } from '../../../src/daemon/ids/eve-socket.ts';
import { openSpool, type Spool } from '../../../src/daemon/ids/spool.ts';
import { openDatagramSocket, unixDatagrams } from '../../../src/net/datagram-socket.ts';
import { type Following, followFile } from '../../../src/net/follow-file.ts';
import { lineSplitter } from '../../../src/net/line-splitter.ts';
import { until } from '../../interop/bgp-peers.ts';

describe('daemon/ids, where alerts come from', () => {
  let directory: string;
  const at = (name: string) => join(directory, name);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-ids-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  describe('a file that is followed', () => {
    let following: Following | undefined;
    let lines: string[];
    const follow = () => {
      lines = [];
      const splitter = lineSplitter(
        1000,
        line => lines.push(Buffer.from(line).toString()),
        () => lines.push('too long'),
      );
      following = followFile(at('eve.json'), { take: splitter.feed, anew: splitter.reset, interval: 5 });
    };
    const has = (...wanted: string[]) =>
      until(`the lines ${wanted.join(', ')}`, async () => lines.join() === wanted.join());
    /** Written again and again until the first look at the file is over. */
    const begun = async () => {
      await until('it is followed', async () => {
        appendFileSync(at('eve.json'), 'begin\n');
        return lines.length > 0;
      });
      // Behind all that was written: nothing of it comes later.
      appendFileSync(at('eve.json'), 'begun\n');
      await until('the last of it is read', async () => lines.at(-1) === 'begun');
      lines.length = 0;
    };
    afterEach(() => following?.close());

    it('is read from its end on, in pieces of lines', async () => {
      writeFileSync(at('eve.json'), 'old\n');
      follow();
      await begun();
      appendFileSync(at('eve.json'), 'on');
      appendFileSync(at('eve.json'), 'e\ntwo\nthr');
      await has('one', 'two');
      appendFileSync(at('eve.json'), 'ee\n');
      await has('one', 'two', 'three');
      expect(lines).to.not.include('old');
    });

    it('may be renamed and begun anew: the end of the old one is not lost', async () => {
      writeFileSync(at('eve.json'), '');
      follow();
      await begun();
      appendFileSync(at('eve.json'), 'one\n');
      renameSync(at('eve.json'), at('eve.json.1'));
      appendFileSync(at('eve.json.1'), 'two\nhalf');
      writeFileSync(at('eve.json'), 'three\n');
      await has('one', 'two', 'three');
    });

    it('may be cut short', async () => {
      writeFileSync(at('eve.json'), '');
      follow();
      await begun();
      appendFileSync(at('eve.json'), 'one\nhalf');
      await has('one');
      truncateSync(at('eve.json'));
      await until('the cut is seen', async () => {
        appendFileSync(at('eve.json'), 'x\n');
        return lines.includes('x');
      });
      expect(lines).to.not.include('halfx');
    });

    it('may come later, and go', async () => {
      follow();
      await until('its absence is told', async () => following?.problem() === 'the file is not there');
      writeFileSync(at('eve.json'), 'one\n');
      await has('one');
      expect(following?.problem()).to.equal('');
      rmSync(at('eve.json'));
      await until('its end is told', async () => following?.problem() === 'the file is not there');
    });

    it('must be a file', async () => {
      mkdirSync(at('eve.json'));
      follow();
      await until('it is told', async () => following?.problem() === 'it is no file');
    });
  });

  it('takes lines at a socket, each connection its own', async () => {
    const lines: string[] = [];
    const socket = openEveSocket({ path: at('eve.sock'), kind: 'stream' }, () =>
      lineSplitter(
        100,
        line => lines.push(Buffer.from(line).toString()),
        () => {},
      ),
    );
    await until('it listens', async () => {
      const [one, other] = [connect(at('eve.sock')), connect(at('eve.sock'))];
      for (const client of [one, other]) client.on('error', () => {});
      one.write('first ');
      other.write('second ');
      one.end('half\n');
      other.end('half\n');
      await new Promise(resolve => setTimeout(resolve, 20));
      return lines.length >= 2;
    });
    expect([...new Set(lines)].sort()).to.deep.equal(['first half', 'second half']);
    expect(socket.problem()).to.equal('');
    await socket.close();
  });

  it('takes datagrams, each a line, and where a daemon died before', async () => {
    const taken: string[] = [];
    const left = openDatagramSocket({ ...unixDatagrams(at('eve.sock')), longest: 1, take() {}, failed() {} });
    left.close(); // its name is still there
    const open = () =>
      openEveSocket({ path: at('eve.sock'), kind: 'dgram' }, () =>
        lineSplitter(
          100,
          line => taken.push(Buffer.from(line).toString()),
          () => {},
        ),
      );
    const socket = open();
    const sender = openDatagramSocket({ ...unixDatagrams(at('sender')), longest: 1, take() {}, failed() {} });
    await until('it listens', async () => {
      sender.connect(unixDatagrams(at('eve.sock')).address);
      return true;
    });
    for (const text of ['one\n', 'two', 'three\n']) sender.send(Buffer.from(text));
    await until('all are taken', async () => taken.length === 3);
    expect(taken).to.deep.equal(['one', 'two', 'three']);
    const other = open();
    await until('the other is refused', async () => other.problem().includes('another daemon reads it'));
    for (const one of [other, socket]) await one.close();
    sender.close();
  });

  it('says why it cannot listen', async () => {
    const socket = openEveSocket({ path: at('no/eve.sock'), kind: 'stream' }, () =>
      lineSplitter(
        1,
        () => {},
        () => {},
      ),
    );
    await until('it is told', async () => socket.problem().includes('there is no directory'));
    await socket.close();
  });

  describe('a spool', () => {
    let spool: Spool | undefined;
    const files: string[] = [];
    const open = (name: string) => {
      files.length = 0;
      spool = openSpool(at(name), {
        take: async file => void files.push(file.slice(directory.length + 1)),
        interval: 5,
      });
    };
    const taken = () => files.filter(file => !file.includes('begin'));
    /** Files come until one is taken: then the first look is over. */
    const begun = async () => {
      let i = 0;
      await until('it is watched', async () => {
        writeFileSync(at(`s/begin${i++}`), 'x');
        return files.length > 0;
      });
    };
    afterEach(() => spool?.close());

    it('takes each file that comes, once, and none that was there', async () => {
      mkdirSync(at('s'));
      writeFileSync(at('s/old.pcap'), 'x');
      open('s');
      await begun();
      for (const name of ['.hidden', 'a.part', 'b.tmp', 'c.pcap']) writeFileSync(at(`s/${name}`), 'x');
      await until('the file is taken', async () => taken().length > 0);
      renameSync(at('s/a.part'), at('s/a.pcap'));
      await until('the renamed one is taken', async () => taken().length > 1);
      writeFileSync(at('s/c.pcap'), 'written anew');
      await until('the new one of an old name is taken', async () => taken().length > 2);
      expect(taken()).to.deep.equal(['s/c.pcap', 's/a.pcap', 's/c.pcap']);
    });

    it('waits for a file that is being written', async () => {
      mkdirSync(at('s'));
      open('s');
      await begun();
      for (let i = 0; i < 20; i++) {
        appendFileSync(at('s/a.pcap'), 'x');
        await new Promise(resolve => setTimeout(resolve, 1));
      }
      writeFileSync(at('s/b.pcap'), 'x');
      await until('both are taken', async () => taken().length === 2);
      expect(taken().sort()).to.deep.equal(['s/a.pcap', 's/b.pcap']);
    });

    it('may come later', async () => {
      open('s');
      await until('its absence is told', async () => spool?.problem().includes('ENOENT') === true);
      mkdirSync(at('s'));
      writeFileSync(at('s/a.pcap'), 'x');
      await until('the file is taken', async () => files.join() === 's/a.pcap');
      expect(spool?.problem()).to.equal('');
    });
  });
});
