/** The records of one table as they come in from several collectors: a queue that ends with the last part. */
export interface RibParts extends AsyncIterable<Uint8Array> {
  /** Adds whole records; `took` is called with their length once they were read. */
  add(octets: Uint8Array, took: (octets: number) => void): void;
  /** One part is complete. */
  end(): void;
  /** Says of how many parts the table is. They may have begun to come in. */
  expect(parts: number): void;
  /** No part will become complete. */
  abandon(): void;
}

/** A queue for one table. */
export function ribParts(): RibParts {
  const queue: { octets: Uint8Array; took: (octets: number) => void }[] = [];
  let expected = Number.POSITIVE_INFINITY;
  let ended = 0;
  let wake = () => {};

  return {
    add(octets, took) {
      queue.push({ octets, took });
      wake();
    },
    end() {
      ended++;
      wake();
    },
    expect(parts) {
      expected = parts;
      wake();
    },
    abandon() {
      expected = 0;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const chunk = queue.shift();
        if (chunk !== undefined) {
          yield chunk.octets;
          chunk.took(chunk.octets.length);
        } else if (ended >= expected) return;
        else
          await new Promise<void>(resolve => {
            wake = resolve;
          });
      }
    },
  };
}
