/** What routers that report by BMP, and the peers that they monitor, are called. */
import { formatDistinguisher, LOC_RIB, LOCAL_INSTANCE, type PeerHeader, RD_INSTANCE } from '../bmp/peer-header.ts';
import type { MonitoredRib } from '../config/tree.ts';

/** A router's name that can stand in the name of a peer. */
const USABLE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** What a router is called: as it says, where that is of use, else by its address; with more behind it when that is taken. */
export function routerName(told: string, address: string, taken: (name: string) => boolean): string {
  const name = USABLE.test(told) ? told : address;
  if (!taken(name)) return name;
  const longer = `${name}@${address}`;
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? longer : `${longer}#${i}`;
    if (!taken(candidate)) return candidate;
  }
}

/** `ROUTER/ADDRESS`, and in parentheses what sets the table apart from others of that address. */
export function peerName(router: string, { type, distinguisher, address, id }: PeerHeader, rib: MonitoredRib): string {
  const notes: string[] = rib === 'pre-policy' ? [] : [rib];
  const distinguished = distinguisher.some(octet => octet !== 0);
  if (type === RD_INSTANCE || (type === LOC_RIB && distinguished)) notes.push(formatDistinguisher(distinguisher));
  if (type === LOCAL_INSTANCE) notes.push(`instance ${Buffer.from(distinguisher).readBigUInt64BE()}`);
  const own = `${router}/${type === LOC_RIB ? id : address}`;
  return notes.length === 0 ? own : `${own} (${notes.join(', ')})`;
}
