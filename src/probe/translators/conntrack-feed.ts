/**
 * The connection tracking of this machine (or of the network namespace that the probe runs in), as it goes on: what is new,
 * changed and gone, by netlink. It needs CAP_NET_ADMIN. When the kernel had no room for what it had to tell, all that is
 * tracked is asked for, and what is not among it has ended.
 */
import { conntrackDump, readConntrack, type Tracked, translationOfTracked } from '../../flow/conntrack.ts';
import type { Translation } from '../../flow/translation.ts';
import type { TranslationTable } from '../../flow/translation-table.ts';
import { type DatagramSocket, netlink, openDatagramSocket } from '../../net/datagram-socket.ts';
import type { LogFeed } from './translation-feeds.ts';

const NETLINK_NETFILTER = 12;
/** NFNLGRP_CONNTRACK_NEW, _UPDATE and _DESTROY, a bit each. */
const EVENTS = 0b111;
/** The kernel writes at most so many octets at once (NLMSG_GOODSIZE is 8 KiB; dumps go up to 32). */
const LONGEST = 65_536;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
/** Octets that events may wait in: ten thousand connections or so. */
const RECEIVE_BUFFER = 16 * 2 ** 20;
/** ms until it is tried again what could not be done. */
const RETRY = 5_000;
/** A gap is followed by others: all of them are filled at once, after so many ms. */
const SETTLE = 200;

export interface ConntrackOptions {
  readonly take: (translation: Translation) => void;
  readonly table: () => TranslationTable | null;
  /** A line for a person. */
  readonly say: (line: string) => void;
}

/** Opens the feed, now or as soon as it can be, and asks for what is tracked already. */
export function openConntrack({ take, table, say }: ConntrackOptions): LogFeed {
  let events: DatagramSocket | null = null;
  let dump: DatagramSocket | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let gaps = 0;
  let said = '';

  const sayOnce = (line: string) => {
    if (line !== said) say(line);
    said = line;
  };
  const told = (tracked: Tracked, event: 'create' | 'delete' | 'seen', time: number) => {
    const translation = translationOfTracked(tracked, event, time, 'conntrack');
    if (translation !== null) take(translation);
  };
  /** Takes the events of a datagram, and returns all that is in it. */
  const hear = (octets: Uint8Array) => {
    const now = Date.now();
    const { messages } = readConntrack(octets);
    for (const message of messages)
      if (message.what === 'new') told(message.tracked, 'create', message.created ?? now);
      else if (message.what === 'changed') told(message.tracked, 'seen', now);
      else if (message.what === 'gone') told(message.tracked, 'delete', now);
    return messages;
  };
  const again = (after: number) => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(begin, after);
  };
  const gap = (error: NodeJS.ErrnoException) => {
    gaps++;
    sayOnce(
      error.code === 'ENOBUFS'
        ? 'conntrack: events came faster than they could be read; what is tracked is asked for'
        : `conntrack: ${error.message}`,
    );
    dump?.close();
    dump = null;
    again(SETTLE);
  };

  /** Asks for all that is tracked, by a socket of its own: events go on meanwhile. */
  const askForAll = () => {
    const held = table();
    const since = held?.mark() ?? 0;
    dump?.close();
    const asked = openDatagramSocket({
      ...netlink(NETLINK_NETFILTER, 0),
      longest: LONGEST,
      take(octets) {
        for (const message of hear(octets))
          if (message.what === 'done' || (message.what === 'error' && message.code !== 0)) {
            if (message.what === 'done') held?.sweep(since, Date.now());
            else sayOnce(`conntrack: what is tracked is not told: error ${message.code}`);
            asked.close();
            if (dump === asked) dump = null;
            return;
          }
      },
      failed: gap,
    });
    dump = asked;
    asked.send(conntrackDump(1));
  };

  function begin(): void {
    try {
      if (events === null) {
        const opened = openDatagramSocket({
          ...netlink(NETLINK_NETFILTER, EVENTS),
          longest: LONGEST,
          take: hear,
          failed: gap,
        });
        events = opened;
        try {
          opened.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
        } catch {
          // Without it gaps come earlier, and are filled all the same.
        }
      }
      askForAll();
      said = '';
    } catch (error) {
      sayOnce(`conntrack: ${(error as Error).message}`);
      again(RETRY);
    }
  }
  begin();
  return {
    gaps: () => gaps,
    close() {
      closed = true;
      clearTimeout(timer);
      events?.close();
      dump?.close();
    },
  };
}
