/** A router that has its routes whatever becomes of the collector: it dials again and tells all that it has. */
import { MACHINES_PORT, OFFENDER } from '../../interop/machines.ts';
import { type Speaker, startSpeaker } from '../../interop/speaker.ts';

export interface Feed {
  announce(...prefixes: string[]): void;
  withdraw(...prefixes: string[]): void;
  close(): void;
}

/** `as`: its own; the collector must let it dial. */
export function feedOf(from: string, to: string, as: number): Feed {
  const held = new Set<string>();
  let speaker: Speaker | null = null;
  let closed = false;
  const path = [as, 64511, OFFENDER];
  const keep = async () => {
    while (!closed) {
      try {
        speaker = await startSpeaker({ from, to, port: MACHINES_PORT, as });
        if (held.size > 0) speaker.announce([...held], ...path);
        speaker.endOfRib();
        while (!closed && !speaker.gone()) await new Promise(resolve => setTimeout(resolve, 50));
      } catch {
        // The collector is down; it may be so for a while.
      }
      speaker?.close();
      speaker = null;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  };
  void keep();
  return {
    announce(...prefixes) {
      for (const one of prefixes) held.add(one);
      if (speaker !== null && !speaker.gone()) speaker.announce(prefixes, ...path);
    },
    withdraw(...prefixes) {
      for (const one of prefixes) held.delete(one);
      if (speaker !== null && !speaker.gone()) speaker.withdraw(...prefixes);
    },
    close() {
      closed = true;
      speaker?.close();
    },
  };
}
