/**
 * Names on the bus. What a machine publishes bears its own name in the subject, so that the server's permissions hold each to
 * its own (intertrack-machines.7, The NATS server):
 *
 *     intertrack.judged.MACHINE.PARTITION   judged changes, kept in the stream until taken in
 *     intertrack.resync.MACHINE             asks a collector to tell all that it holds once more
 *     intertrack.alive.MACHINE              once a second: who it is, how it fares
 *     intertrack.ask.MACHINE                a command for it
 */

/** The stream that keeps what was judged until it is taken in. */
export const STREAM = 'INTERTRACK_JUDGED';

const ROOT = 'intertrack';
export const ALL_JUDGED = `${ROOT}.judged.*.*`;
export const ALL_ALIVE = `${ROOT}.alive.*`;

export const judgedSubject = (machine: string, partition: number): string => `${ROOT}.judged.${machine}.${partition}`;
export const partitionSubject = (partition: number): string => `${ROOT}.judged.*.${partition}`;
export const resyncSubject = (machine: string): string => `${ROOT}.resync.${machine}`;
export const aliveSubject = (machine: string): string => `${ROOT}.alive.${machine}`;
export const askSubject = (machine: string): string => `${ROOT}.ask.${machine}`;

/** The machine that a subject bears; null when it is none of ours. */
export function machineOf(subject: string): string | null {
  const [root, , machine] = subject.split('.');
  return root === ROOT && machine !== undefined && isMachine(machine) ? machine : null;
}

/** A machine's name: its router id, with hyphens, for a subject's words have no dots. */
export const machineName = (routerId: string): string => routerId.replaceAll('.', '-');
export const isMachine = (text: string): boolean => /^\d{1,3}(-\d{1,3}){3}$/.test(text);
/** As people write it. */
export const routerIdOf = (machine: string): string => machine.replaceAll('-', '.');

/** FNV-1a over the text of the prefix: all that concerns one prefix goes the same way. */
export function partitionOf(prefix: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < prefix.length; i++) hash = Math.imul(hash ^ prefix.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}

/** What a machine subscribes below for answers: the server lets each have its own only. */
export const inboxOf = (machine: string): string => `_INBOX.${machine}`;
