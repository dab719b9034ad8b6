/** Octets of text handed over at once. */
const CHUNK = 1 << 18;

/** Octets behind a text that its reader may read. */
const SLACK = 4;

/** Where lines are written: the next octet stands at `at`. Room is made before a line, not while it is written. */
export interface LineOutput {
  view: DataView;
  /** The same memory. */
  octets: Buffer;
  at: number;
  /** Number of the buffer, from 1. */
  page: number;
  /** Lines begun. */
  lines: number;
  /** Makes room for a line of at most so many octets. */
  line(octets: number): void;
  /** Writes a text of any length at `at`, which it moves; the answer is where it stands. A line may be torn by it. */
  text(text: string): number;
  /** Hands over what was written. */
  flush(): void;
}

/** Takes text; `again` is called when its octets are no longer needed, and may be written over. */
export type TextSink = (text: Uint8Array, again: () => void) => void;

/** Buffers that wait to be written again. */
const MOST_SPARE = 4;

/** An output whose text goes to `sink`, many lines at a time. */
export function lineOutput(sink: TextSink): LineOutput {
  // A fresh buffer has to be zeroed and mapped, which costs a tenth of what the lines in it cost.
  const spare: DataView[] = [];
  const viewOf = (octets: number) => new DataView(new ArrayBuffer(octets));
  const use = (view: DataView) => {
    output.view = view;
    output.octets = Buffer.from(view.buffer);
  };
  const makeRoom = (octets: number) => {
    if (output.at + octets <= output.view.byteLength) return;
    output.flush();
    if (octets > output.view.byteLength) use(viewOf(octets));
  };
  const first = viewOf(CHUNK);
  const output: LineOutput = {
    view: first,
    octets: Buffer.from(first.buffer),
    at: 0,
    page: 1,
    lines: 0,
    line(octets) {
      output.lines++;
      makeRoom(octets);
    },
    text(text) {
      makeRoom(3 * text.length + SLACK);
      const from = output.at;
      output.at += output.octets.write(text, from);
      return from;
    },
    flush() {
      if (output.at === 0) return;
      const { view } = output;
      sink(output.octets.subarray(0, output.at), () => {
        if (spare.length < MOST_SPARE && view.byteLength === CHUNK) spare.push(view);
      });
      use(spare.pop() ?? viewOf(CHUNK));
      output.page++;
      output.at = 0;
    },
  };
  return output;
}
