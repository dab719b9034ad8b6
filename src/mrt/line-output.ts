/** Octets of text handed over at once. */
const CHUNK = 1 << 18;

/** Where lines are written: the next octet stands at `at`. Room is made before a line, not while it is written. */
export interface LineOutput {
  view: DataView;
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
  const viewOf = (octets: number) => new DataView(new ArrayBuffer(octets));
  const output: LineOutput = {
    view: viewOf(CHUNK),
    at: 0,
    lines: 0,
    line(octets) {
      output.lines++;
      if (output.at + octets <= output.view.byteLength) return;
      output.flush();
      if (octets > output.view.byteLength) output.view = viewOf(octets);
    },
    flush() {
      if (output.at === 0) return;
      sink(new Uint8Array(output.view.buffer, 0, output.at));
      output.view = viewOf(CHUNK);
      output.at = 0;
    },
  };
  return output;
}
