/** Octets of text handed over at once. */
const CHUNK = 1 << 18;

/** Where lines are written: `bytes[at]` is the next octet. Room is made before a line, not while it is written. */
export interface LineOutput {
  bytes: Uint8Array;
  at: number;
  /** Lines begun. */
  lines: number;
  /** Makes room for a line of at most so many octets. */
  line(octets: number): void;
  /** Hands over what was written. */
  flush(): void;
}

/** An output whose text goes to `sink`, many lines at a time; the octets are the sink's to keep. */
export function lineOutput(sink: (text: Uint8Array) => void): LineOutput {
  const output: LineOutput = {
    bytes: new Uint8Array(CHUNK),
    at: 0,
    lines: 0,
    line(octets) {
      output.lines++;
      if (output.at + octets <= output.bytes.length) return;
      output.flush();
      if (octets > output.bytes.length) output.bytes = new Uint8Array(octets);
    },
    flush() {
      if (output.at === 0) return;
      sink(output.bytes.subarray(0, output.at));
      output.bytes = new Uint8Array(CHUNK);
      output.at = 0;
    },
  };
  return output;
}
