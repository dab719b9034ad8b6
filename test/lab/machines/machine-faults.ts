/** What befalls machines besides their death: their clocks are set, their configurations change; and several at a time. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Nats } from '../../bus/nats.ts';
import { loopbackAddress } from '../../interop/bgp-peers.ts';
import type { Cluster } from '../../store/postgresql/cluster.ts';
import type { Fault, Machine } from './faults.ts';

/** So far a clock is set, ms. */
const SET = 150_000;

/** Clocks of machines are set, and set right when it is healed; none where they cannot be. */
export function clockSet(name: string, machines: readonly Machine[], ahead: number): readonly Fault[] {
  const clocks = machines.flatMap(({ clock }) => clock ?? []);
  if (clocks.length < machines.length) return [];
  return [
    {
      name: `${name} ${ahead < 0 ? 'back' : 'ahead'} ${Math.abs(ahead) / 1_000} s, then right`,
      least: 4_000,
      break: () => clocks.forEach(one => void one.ahead(ahead)),
      heal: () => clocks.forEach(one => void one.ahead(0)),
    },
  ];
}

export const clockFaults = (collectors: readonly Machine[], engines: readonly Machine[]): readonly Fault[] => [
  ...clockSet('clock of collector 2', [collectors[1]!], -SET),
  ...clockSet('clock of collector 2', [collectors[1]!], SET),
  ...clockSet('clock of engine 2', [engines[1]!], -SET),
  ...clockSet('clock of engine 2', [engines[1]!], SET),
  ...clockSet('all clocks', [...collectors, ...engines], SET),
];

/** Each machine gets a peer more and other times to hold, in the midst of something else; and back. */
export function reloaded(machines: readonly Machine[], while_: Fault): Fault {
  let before: readonly string[] = [];
  const spare = loopbackAddress();
  const reload = (each: (text: string, machine: Machine) => string) =>
    machines.map(machine => {
      const file = machine.daemon.at('conf');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, each(text, machine));
      machine.daemon.signal('SIGHUP');
      return text;
    });
  return {
    name: `${while_.name}, all reloaded`,
    least: 2_000,
    async break(first) {
      await while_.break(first);
      before = reload(text => {
        const longer = text.replace('hold down 1s;', 'hold down 2s;');
        return longer.includes('protocol bgp feed')
          ? `${longer}\nprotocol bgp spare { neighbor ${spare} as 64499; passive; }\n`
          : longer;
      });
    },
    async heal() {
      await while_.heal();
      reload((_, machine) => before[machines.indexOf(machine)]!);
    },
  };
}

/** Several are killed in one moment, and started in one moment. */
export const allKilled = (name: string, machines: readonly Machine[], servers: readonly (Nats | Cluster)[]): Fault => ({
  name: `${name} killed at once`,
  async break() {
    await Promise.all([...servers.map(one => one.kill()), ...machines.map(({ daemon }) => daemon.end('SIGKILL'))]);
  },
  async heal() {
    await Promise.all([...machines.map(({ daemon }) => daemon.start()), ...servers.map(one => one.start())]);
  },
});
