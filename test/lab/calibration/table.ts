/**
 * How often traces end right where ASes keep a share of the packets, and how often what is said to be likely is so.
 * Usage: table.ts [TRACES [NODES [SEED]]]. Prints two tables, and as the last line one JSON object.
 */
import { type Bin, type Calibration, calibrate, type Setting } from './calibrate.ts';

const [traces = '1000', nodes = '300', seed = '1'] = process.argv.slice(2);
const base: Setting = {
  ...{ nodes: Number(nodes), participation: 60, traces: Number(traces), packets: 8, seed: Number(seed) },
  ...{ samplings: [1], coverages: [1], falsePositive: 2 ** -16 },
};
const percent = (part: number, all: number) => `${((100 * part) / Math.max(1, all)).toFixed(0)} %`;
const all: { readonly name: string; readonly setting: Setting; readonly found: Calibration }[] = [];
const run = async (name: string, more: Partial<Setting>) => {
  const setting = { ...base, ...more };
  const found = await calibrate(setting);
  all.push({ name, setting, found });
  return found;
};

console.log('| packets kept | asked | entry right | on the path, short of it | off it | none | QUERYs |');
console.log('|---|---:|---:|---:|---:|---:|---:|');
for (const share of [1, 4, 16, 64])
  for (const packets of [8, 32, 64]) {
    const found = await run(`1/${share}`, { samplings: [1 / share], packets });
    const { right, short, wrong, none, queries } = found;
    console.log(
      `| 1 in ${share} | ${packets} | ${percent(right, found.traces)} | ${percent(short, found.traces)} | ${percent(wrong, found.traces)} | ${percent(none, found.traces)} | ${(queries / found.traces).toFixed(1)} |`,
    );
  }

console.log('\n| | said to be so likely | ASes, and so many were on the path | entries, and so many were |');
console.log('|---|---|---:|---:|');
const show = (name: string, { nodes: ases, entries }: Calibration) => {
  const cell = ({ count, right }: Bin) => (count === 0 ? '' : `${count}, ${((100 * right) / count).toPrecision(3)} %`);
  for (const [i, bin] of ases.entries())
    if (bin.count > 0)
      console.log(
        `| ${i === 0 ? name : ''} | ${bin.from * 100} to ${bin.to * 100} %, ${((100 * bin.said) / bin.count).toPrecision(3)} % on average | ${cell(bin)} | ${cell(entries[i]!)} |`,
      );
};
const mixed: [string, Partial<Setting>][] = [
  ['all kept, filters of 8 bits', { falsePositive: 2 ** -8 }],
  [
    'all, 1/4, 1/16 kept; 100, 97, 50 % of the border',
    { samplings: [1, 1, 1 / 4, 1 / 16], coverages: [1, 0.97, 0.5], packets: 32 },
  ],
];
for (const [name, more] of mixed) show(name, await run(name, more));
const opens = all.slice(-mixed.length).map(({ name, found }) => {
  const { open, held, unsaid, named, weak } = found;
  return `${name}: ${open} traces end with ASes that remain possible, ${(named / Math.max(1, open)).toFixed(1)} each (${weak} said saw-weak); ${held} name one that is on the path, ${unsaid} end where the AS does not know from where`;
});
console.log(`\n${opens.join('\n')}`);
console.log(JSON.stringify(all.map(({ name, found: { nodes: _, entries: __, ...sums } }) => ({ name, ...sums }))));
