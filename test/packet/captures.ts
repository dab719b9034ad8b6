/** Real captures, where the data folder is there: research data that is not part of the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { PcapRecord } from '../../src/packet/capture.ts';
import { pcapReader } from '../../src/packet/pcap.ts';

const FOLDER = new URL('../../../shared/data/packets/', import.meta.url);

/** Names of the captures; none when the folder is absent. */
export function captureNames(): string[] {
  return existsSync(FOLDER) ? readdirSync(FOLDER).filter(name => /\.pcap(ng)?$/.test(name)) : [];
}

/** The octets of a capture. */
export function capture(name: string): Uint8Array {
  return readFileSync(new URL(name, FOLDER));
}

/** Calls `each` with every record of a file. */
export function forEachRecord(file: Uint8Array, each: (record: PcapRecord) => void): void {
  const reader = pcapReader();
  reader.feed(file);
  while (reader.next() === 'record') each(reader.record);
}
