import { expect } from 'chai';
import { ARGUMENTS } from '../../src/control/argument.ts';
import { COMMANDS, commandName } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import { looksOnly } from '../../src/control/levels.ts';
import { SAMPLES } from '../control/samples.ts';
import { type Relay, relay } from '../notify/smtp.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const [TRANSIT, OFFENDER] = [64497, 64511];

const OBJECTS = `route:      198.18.0.0/24
descr:      Example
holes:      198.18.0.240/28
origin:     AS64501
mnt-by:     MAINT-OWNER
changed:    noc@owner.example 20260301
source:     JPIRR

as-set:     AS-OWNER
members:    AS64501, AS-GONE
mnt-by:     MAINT-OWNER
source:     JPIRR

`;

/** Commands that a daemon with one peer, and nobody to trace with, has no rows for. */
const NOTHING = [
  // A daemon alone; the tests of several machines hold these against their schemas.
  ...['show collector MACHINE', 'show partition', 'show partition PARTITION'],
  ...[
    'show route PREFIX at TIME',
    'show route family FAMILY',
    'show outbox',
    'show mitigation',
    'show ids',
    'show flow',
  ],
  ...[
    'show quarantine',
    'show quarantine PEER',
    'retention prove',
    'show probe PROBE vantages',
    'trace plan packet FILE',
    'trace plan set FILE',
  ],
  ...[
    'show trace standing',
    'show traceback',
    'show traceback pending',
    'show traceback peers',
    'show traceback peers AS',
  ],
  ...['show traceback hints', 'show traceback honesty', 'show traceback honesty AS', 'show traceback participants'],
  ...['show traceback bridges', 'show rid', 'show rid requests', 'show collector'],
];

/** What a running daemon answers, held against the schemas that are shipped (Intertrackd.ask does so with every answer). */
describe('interop/daemon-schemas', function () {
  this.timeout(120_000);
  const [ours, from] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let peer: Speaker;
  let smtp: Relay;

  before(async () => {
    smtp = await relay();
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', OBJECTS);
    const vrp = { asn: 64501, prefix: '198.18.0.0/24', maxLength: 24, ta: 'test' };
    daemon.write('rpki.json', JSON.stringify({ metadata: {}, roas: [vrp], aspas: [] }));
    const { key, certificate } = makeIdentity(64500, daemon.directory);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp transit { neighbor ${from} as ${TRANSIT}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
rpki cache { file "${daemon.at('rpki.json')}"; }
archive mrt { directory "mrt"; }
watch ours { maintainer MAINT-OWNER; group noc; }
group noc { mail "noc@example.net"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${smtp.port}; tls none; }
traceback { identity "${key}" certificate "${certificate}"; }
probe tap1 { neighbor as ${TRANSIT} mac 00:00:5e:00:53:01; }
`);
    await daemon.start();
    peer = await startSpeaker({ from, to: ours, port: PORT, as: TRANSIT });
    peer.announce(['198.18.0.128/25', '198.18.0.0/24'], TRANSIT, OFFENDER);
    peer.endOfRib();
  });
  after(async () => {
    peer?.close();
    await daemon?.close();
    await smtp?.close();
  });

  it('is what the schemas say, whatever is looked at', async () => {
    await until('a case with its notice', async () => {
      const [one] = await daemon.cases();
      return one !== undefined && (await daemon.case(one.id)).notices.length > 0;
    });
    const [one] = await daemon.cases();
    await daemon.ask('trace', 'digest', '0123456789abcdef', new Date(Date.now() - 5000).toISOString());
    const [trace] = (await daemon.ask('show', 'trace')) as { readonly id: string }[];
    // The archive has nothing of the time before its first file, which began with the first message.
    const since = new Date().toISOString();
    await until('the archive has something since', async () => {
      peer.announce(['198.18.0.0/24'], TRANSIT, OFFENDER);
      const asked = daemon.ask('show', 'route', 'history', '198.18.0.0/24', 'since', since);
      return (await asked.catch(() => [])).length > 0;
    });
    const known: Readonly<Record<string, string>> = {
      ...SAMPLES,
      ...{
        'CASE-ID': one!.id,
        'INCIDENT-ID': one!.incident!,
        'TRACE-ID': trace!.id,
        PEER: 'transit',
        NAME: 'AS-OWNER',
      },
      ...{
        PREFIX: '198.18.0.0/24',
        AS: '64501',
        RPKI: 'cache',
        PROBE: 'tap1',
        TIME: since,
        QUERY: 'AS-OWNER',
        SET: 'AS-OWNER',
      },
    };
    const refused: string[] = [];
    const silent: string[] = [];
    for (const command of COMMANDS.filter(one => looksOnly(one) && !one.live)) {
      const [form = []] = expandSyntax(command.syntax);
      const rows = await daemon.ask(...form.map(word => (ARGUMENTS[word] ? known[word]! : word))).catch((e: Error) => {
        refused.push(e.message);
        return [];
      });
      if (rows.length === 0) silent.push(commandName(command));
    }
    await daemon.ask('drill', '198.18.0.0/24', String(OFFENDER));
    await daemon.ask('reload');
    expect(refused).to.deep.equal([
      'probe tap1 is not connected',
      'no machine 192.0.2.10 was heard: show collector',
      'The cases are those of this machine alone: no `store postgresql` is configured.',
      'AS64501 is no traceback peer, and no member that was spoken to',
      'nothing was measured of AS64501',
    ]);
    expect(
      silent.filter(name => !NOTHING.includes(name)),
      'nothing is told of it here',
    ).to.deep.equal([]);
  });
});
