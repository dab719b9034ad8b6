import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { OPTIONS, type ProbeWords, probeOptions } from '../../../src/probe/process/options.ts';

/** The words, or what is wrong with them. */
async function read(text: string): Promise<ProbeWords | string> {
  try {
    return await probeOptions(text.split(' '), message => {
      throw new Error(`refused: ${message}`);
    });
  } catch (error) {
    return (error as Error).message;
  }
}

describe('probe/options', () => {
  it('takes what tcpdump has a letter for, by that letter', async () => {
    const words = await read('-n tap1 -i eth1 -i eth2 -p -B 4096 -f udp -Q in -t 3 -Z nobody');
    expect(words).to.deep.include({
      ...{ interface: ['eth1', 'eth2'], noPromiscuousMode: true, bufferSize: 4096, filter: 'udp' },
      ...{ direction: 'in', threads: 3, user: 'nobody', fanout: 'lb', snapshotLength: 256 },
    });
    expect(await read('-n tap1 -r a.pcap -r -')).to.deep.include({ read: ['a.pcap', '-'] });
  });

  const refused: readonly [words: string, message: string][] = [
    ['-n tap1 -i eth1 -r a.pcap', '-i and -r exclude each other'],
    ['-n tap1 -r a.pcap -f udp', '-f belongs to -i'],
    ['-n tap1 -r a.pcap -Z nobody', '-Z belongs to -i'],
    ['-n tap1 -i eth1 -i eth1', 'an interface is named twice'],
    ['-n tap1 -i eth1 -t 0', '-t takes 1 to 64'],
    ['-n tap1 -i eth1 -t 1.5', '-t takes 1 to 64'],
    ['-n tap1 -i eth1 -B 1', '-B takes 512 to 4194304'],
    ['-n tap1 -i eth1 --snapshot-length 64', '--snapshot-length takes 96 to 65535'],
    ['-n tap1 -i eth1 -s 128', "-s is the daemon's socket; the octets of a packet are --snapshot-length"],
    ['-n tap1 -i eth1 -Q up', 'direction'],
    ['-n tap1 -i eth1 --mirror span', 'mirror'],
    ['-n tap1 -n tap2 -i eth1', 'is given more than once'],
    ['-n tap1 -r - -r -', 'standard input can be read once'],
    ['-d -k secret -r a.pcap -r b.pcap', '-d needs one -r FILE'],
    ['-d -k secret -r a.pcap --mirror gre', '--mirror belongs to -n'],
  ];
  for (const [words, message] of refused)
    it(`refuses ${words}`, async () => {
      const found = await read(words);
      expect(found).to.be.a('string').that.includes('refused: ').and.includes(message);
      expect(found).not.to.include('\n');
    });

  it('has every option in the manual, and the manual no other', () => {
    const text = readFileSync(new URL('../../../man/itprobe.8', import.meta.url), 'utf8');
    const options = text.slice(text.indexOf('The options are:'), text.indexOf('.Sh TIME AND MEMORY'));
    const told = [...options.matchAll(/^\.It Fl (?:(\w) , )?-([\w-]+)/gm)].map(
      ([, letter, name]) => `${letter} ${name}`,
    );
    const had = Object.entries(OPTIONS).map(
      ([name, option]) => `${'alias' in option ? option.alias : undefined} ${name}`,
    );
    expect(told.sort()).to.deep.equal([...had, 'h help', 'undefined version'].sort());
  });
});
