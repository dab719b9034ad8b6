/**
 * What it costs to ask which incidents cases are of, where each has an offender of its own: `node test/bench/incidents.ts [OFFENDERS]`,
 * by default 5,000. A real PostgreSQL, with fsync; so many offenders, asked for by 1, 16, 64 and 256 at a time, with and
 * without a victim that they have in common. Prints the processor time of this process and of the server, and how long one
 * round trip took.
 */
import { openDatabase } from '../../src/store/postgresql/database.ts';
import { openScope } from '../../src/store/postgresql/scope.ts';
import { pidOf, processorOf } from '../lab/fleet/costs.ts';
import { cluster } from '../store/postgresql/cluster.ts';

const [offenders = 5_000] = process.argv.slice(2).map(Number);
const server = (await cluster())!;
const pid = pidOf(`postgres -D ${server.directory}`);
let database = 0;

for (const shared of [true, false])
  for (const atOnce of [1, 16, 64, 256]) {
    const name = `d${database++}`;
    await server.query(`CREATE DATABASE ${name}`);
    const opened = await openDatabase({
      ...{ url: server.url(name), passwordFile: null, authorities: null, holder: 'bench', onProblem: console.log },
    });
    const scope = openScope(opened, 'cases/0', await opened.take('cases/0', 3_600_000));
    const asks = Array.from({ length: offenders }, (_, i) => ({
      ...{ incident: `I2026-11-30-${i}`, otherwise: `I2026-11-30-${i}`, offender: 100_000 + i, opened: Date.now() },
      ...{ keys: [`o${100_000 + i}`, `v${shared ? 64496 : 200_000 + i}`], runs: false },
    }));
    const before = processorOf(pid);
    const cpu = process.cpuUsage();
    const took: number[] = [];
    for (let i = 0; i < asks.length; i += atOnce) {
      const began = performance.now();
      await scope.link(asks.slice(i, i + atOnce));
      took.push(performance.now() - began);
    }
    const { user, system } = process.cpuUsage(cpu);
    console.log(
      `${atOnce} at once, ${shared ? 'one victim' : 'a victim each'}: CPU ${((user + system) / 1e6).toFixed(2)} s here, ${(processorOf(pid) - before).toFixed(2)} s of PostgreSQL; a round trip ${took.toSorted((a, b) => a - b)[took.length >> 1]!.toFixed(1)} ms`,
    );
    await opened.close();
  }
await server.close();
process.exit(0);
