/**
 * What digests cut to fewer bits would hide from ASes that know the federation's key, and what they would cost in false
 * answers: `node test/bench/truncated.ts [DIGESTS]`, where DIGESTS is how many a vantage holds of ten seconds.
 */

const HELD = Number(process.argv[2] ?? 1_000_000);
/** Bits of a packet that whoever guesses does not know: its source, the same in all packets, and its identification. */
const [SOURCE, IDENTIFICATION] = [32, 16];
const [TAPS, WINDOWS] = [40, 3];

/** How many sources other than the right one fit `packets` digests of so many bits. */
function fitting(bits: number, packets: number): number {
  const fits = -Math.expm1(2 ** IDENTIFICATION * Math.log1p(-(2 ** -bits)));
  return 2 ** SOURCE * fits ** packets;
}

/** The chance that a window says yes of a digest that it does not hold, because it holds one with the same bits. */
const falseYes = (bits: number) => -Math.expm1(HELD * Math.log1p(-(2 ** -bits)));

/** The same of so many packets of an AS with taps, where one tap has to have `need`. */
function falseAs(bits: number, packets: number, need: number): number {
  const each = 1 - (1 - falseYes(bits)) ** WINDOWS;
  let tap = 0;
  let ways = 1;
  for (let hits = 0; hits <= packets; hits++) {
    if (hits >= need) tap += ways * each ** hits * (1 - each) ** (packets - hits);
    ways = (ways * (packets - hits)) / (hits + 1);
  }
  return 1 - (1 - Math.min(1, tap)) ** TAPS;
}

/** The formulas held against chance itself, where that is quick: a thousandth of the sources, half the identification. */
function drawn(bits: number, packets: number): readonly [counted: number, expected: number] {
  const [sources, identifications] = [2 ** 22, 2 ** 8];
  let state = 88_172_645;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  let counted = 0;
  for (let source = 0; source < sources; source++) {
    let fits = 0;
    for (let packet = 0; packet < packets && fits === packet; packet++)
      for (let id = 0; id < identifications && fits === packet; id++) if (random() >>> (32 - bits) === 0) fits++;
    if (fits === packets) counted++;
  }
  return [counted, sources * (-Math.expm1(identifications * Math.log1p(-(2 ** -bits)))) ** packets];
}

const short = (value: number) =>
  value < 1e-4 || value >= 1e6 ? value.toExponential(1) : `${Number(value.toPrecision(2))}`;
console.log(
  `| bits | sources that fit 1 packet | 2 | 4 | 8 | a window of ${HELD} digests says yes falsely | an AS of ${TAPS} taps, 1 of 1 | 4 of 8 |`,
);
console.log('|---:|---:|---:|---:|---:|---:|---:|---:|');
for (const bits of [16, 20, 24, 32, 40, 64])
  console.log(
    `| ${[bits, ...[1, 2, 4, 8].map(packets => short(fitting(bits, packets))), short(falseYes(bits)), short(falseAs(bits, 1, 1)), short(falseAs(bits, 8, 4))].join(' | ')} |`,
  );
const [counted, expected] = drawn(12, 2);
console.log(
  `drawn by chance, 12 bits, 2 packets: ${counted} of 2^22 sources fit, ${Math.round(expected)} by the formula`,
);
