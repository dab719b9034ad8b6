/** BIRD as the border router of an AS in a lab: real sessions with its neighbours, and its routes in the kernel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../interop/bgp-peers.ts';
import type { Lab } from './lab.ts';

export interface BirdNeighbor {
  readonly as: number;
  readonly address: string;
  /** Own address of the session. */
  readonly local: string;
  /** Not on a common link; gives routes of both families over this one session, and takes none. */
  readonly collector?: boolean;
  /** False: no route of it is taken. */
  readonly takes?: boolean;
  /** It is told the own prefixes alone. */
  readonly ownOnly?: boolean;
}

export interface BirdSetup {
  readonly as: number;
  /** Address on the loopback: router identifier, and source of what the router itself sends. */
  readonly address: string;
  readonly address6?: string;
  readonly neighbors: readonly BirdNeighbor[];
  /** Announced from the start, both families. */
  readonly prefixes: readonly string[];
}

export interface Bird {
  announce(prefix: string): Promise<void>;
  withdraw(prefix: string): Promise<void>;
  /** Asks by BIRD's own client. */
  command(...words: string[]): Promise<string>;
}

/** Seconds. Sessions that say something every second keep the windows of a tap moving. */
const KEEPALIVE = 1;
const HOLD = 9;

const isV6 = (text: string) => text.includes(':');
const statics = (prefixes: Iterable<string>) => [...prefixes].map(prefix => `  route ${prefix} blackhole;\n`).join('');

/** Starts BIRD in a host of the lab and waits until it answers. It ends with the lab. */
export async function startBird(lab: Lab, host: string, setup: BirdSetup): Promise<Bird> {
  const at = (name: string) => join(lab.directory, `${host}-bird.${name}`);
  const prefixes = new Set(setup.prefixes);
  const writeRoutes = () => {
    writeFileSync(at('4'), statics([...prefixes].filter(prefix => !isV6(prefix))));
    writeFileSync(at('6'), statics([...prefixes].filter(isV6)));
  };
  const kernel = (family: string, source: string | undefined) => {
    const prefer = source === undefined ? '' : `if dest = RTD_UNICAST then krt_prefsrc = ${source}; `;
    return `protocol kernel { ${family} { import none; export filter { ${prefer}accept; }; }; }\n`;
  };
  const channel = (family: string, more = 'import all; next hop self;', what = 'RTS_STATIC, RTS_BGP') =>
    `  ${family} { export where source ~ [${what}]; ${more} };\n`;
  const session = ({ as, address, local, collector, takes, ownOnly }: BirdNeighbor, i: number) =>
    `protocol bgp n${i} {
  local ${local} as ${setup.as};
  neighbor ${address} as ${as};
  hold time ${HOLD}; keepalive time ${KEEPALIVE};
  connect delay time 1; connect retry time 1; error wait time 1, 2; strict bind;
${
  collector
    ? `  multihop;\n${channel('ipv4', 'import none;')}${channel('ipv6', `import none; next hop address ${setup.address6 ?? '::'};`)}`
    : channel(
        isV6(address) ? 'ipv6' : 'ipv4',
        takes === false ? 'import none; next hop self;' : undefined,
        ownOnly ? 'RTS_STATIC' : undefined,
      )
}}\n`;

  writeRoutes();
  writeFileSync(
    at('conf'),
    `log stderr { warning, error, fatal, bug };
router id ${setup.address};
protocol device { scan time 1; }
${kernel('ipv4', setup.address)}${kernel('ipv6', setup.address6)}protocol static { ipv4;
include "${at('4')}";
}
protocol static { ipv6;
include "${at('6')}";
}
${setup.neighbors.map(session).join('')}`,
  );
  const command = (...words: string[]) => lab.run(host, ['birdc', '-s', at('ctl'), ...words]);
  const program = lab.start(host, ['bird', '-f', '-c', at('conf'), '-s', at('ctl'), '-P', at('pid')]);
  await until(`BIRD of ${host} answers: ${program.said()}`, async () => {
    if (!program.running()) throw new Error(`BIRD of ${host}: ${program.said()}`);
    return command('show', 'status').then(
      () => true,
      () => false,
    );
  });
  const configure = async () => {
    writeRoutes();
    await command('configure');
  };
  return {
    command,
    async announce(prefix) {
      prefixes.add(prefix);
      await configure();
    },
    async withdraw(prefix) {
      prefixes.delete(prefix);
      await configure();
    },
  };
}
