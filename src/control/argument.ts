import { parseAsn, parsePath } from '../bgp/as-path.ts';
import { ROLES } from '../bgp/role.ts';
import { OTHER_FAMILIES } from '../config/families.ts';
import { readDuration } from '../config/units.ts';
import { incidentOf } from '../hijack/incident.ts';
import { parseAddress } from '../net/address.ts';
import { WELL_KNOWN_COMMUNITIES } from '../net/community.ts';
import { compilePath } from '../net/path-pattern.ts';
import { parsePrefix, whyNoPrefix } from '../net/prefix.ts';
import { setName } from '../registry/set-name.ts';
import { IRR_STATES, ROV_STATES } from '../registry/verdict.ts';
import { PURPOSES } from '../traceback/request.ts';
import type { Daemon } from './daemon.ts';
import { parseInstant } from './instant.ts';
import { heldPrefixes, knownAses, lastOfList, type Place } from './live-names.ts';
import { LOG_LEVELS } from './live-rows.ts';
import { MAX_NUMBER, readNumbers } from './numbers.ts';

/** A kind of argument: the word in capitals that stands for it in a command's syntax. */
export interface ArgumentKind {
  /** What it is, for `?`. */
  readonly help: string;
  /** Why the text is none, as the end of the sentence `"TEXT" is no …`; null when it is one. */
  readonly refuse: (text: string) => string | null;
  /** Values the daemon holds now, for completion; those that do not begin as what is typed are left out by who asks. */
  readonly values?: (daemon: Daemon, place: Place) => Promise<readonly string[]>;
  /** May be given any number of times. */
  readonly repeats?: true;
}

/** A peer of our own or an address; or `ROUTER/ADDRESS`, with what sets it apart in parentheses, for a monitored one. */
const PEER = /^([\w.:-]{1,64}|[\w.:@#-]{1,128}\/[\w.:-]{1,45}( \([\w.:, -]{1,64}\))?)$/;

/** States against both registries; no word is of both. */
const STATES: readonly string[] = [...IRR_STATES, ...ROV_STATES];

/** Families as one word each. */
const FAMILIES = OTHER_FAMILIES.map((name): string => name.replaceAll(' ', '-'));

const CASE_ID = /^\d{4}-\d{2}-\d{2}-\d{2,6}$/;

const refusePrefix = (text: string): string | null => (parsePrefix(text) === null ? whyNoPrefix(text) : null);

/** For names that the configuration gives (NAME of config/argument.ts). */
const refuseName = (what: string) => (text: string) => (/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(text) ? null : what);

/** For words of a person. */
const refuseText = (what: string) => (text: string) =>
  text !== '' && Buffer.byteLength(text) <= 255 && !/\p{C}/u.test(text)
    ? null
    : `${what} of 1 to 255 octets without control characters`;

export const ARGUMENTS: Readonly<Record<string, ArgumentKind>> = {
  PREFIX: {
    help: 'prefix or address, such as 192.0.2.0/24 or 2001:db8::1',
    refuse: refusePrefix,
    values: heldPrefixes,
  },
  NAME: {
    help: 'AS, set, maintainer, router or IRR source, such as AS64496, AS-EXAMPLE or MAINT-EXAMPLE',
    refuse: text => (/^[A-Za-z][\w.:-]{0,254}$/.test(text) ? null : 'name of an object or source'),
    values: async daemon => (await daemon.irrStatus()).map(({ source }) => source),
  },
  PEER: {
    help: 'name or address of a BGP peer',
    refuse: text => (PEER.test(text) ? null : 'name or address of a peer'),
    values: async daemon => (await daemon.ribQuery({ about: 'summary' })).map(row => row.peer),
  },
  FAMILY: {
    help: `address family: ${FAMILIES.join(', ')}`,
    refuse: text => (FAMILIES.includes(text) ? null : `address family: ${FAMILIES.join(', ')}`),
    values: async () => FAMILIES,
  },
  RPKI: {
    help: 'name of an `rpki` of the configuration',
    refuse: refuseName('name of an rpki'),
    values: async daemon => (await daemon.rpkiStatus()).map(({ source }) => source),
  },
  MACHINE: {
    help: 'router id of a machine that shares the work',
    refuse: text => (parseAddress(text)?.afi === 1 ? null : 'router id'),
    values: async daemon => (await daemon.machines()).map(({ machine }) => machine),
  },
  PARTITION: {
    help: 'number of a partition of the cases, from 0 on',
    refuse: text => (/^\d{1,3}$/.test(text) && Number(text) < 256 ? null : 'number from 0 to 255'),
    values: async daemon => (await daemon.partitions()).map(({ partition }) => String(partition)),
  },
  PROBE: {
    help: 'name of a `probe` of the configuration',
    refuse: refuseName('name of a probe'),
    values: async daemon => (await daemon.probes()).map(({ probe }) => probe),
  },
  MARK: {
    help: 'where `watch` was: the `mark` of a row, such as mijz0o5c.17',
    refuse: text => (/^[0-9a-z]{1,12}\.\d{1,15}$/.test(text) ? null : 'mark, such as mijz0o5c.17'),
  },
  LEVEL: {
    help: `least level: ${LOG_LEVELS.join(', ')}`,
    refuse: text => (LOG_LEVELS.some(level => level === text) ? null : `level: ${LOG_LEVELS.join(', ')}`),
    values: async () => LOG_LEVELS,
  },
  EPOCH: {
    help: 'hour of windows: whole hours since 1970-01-01 00:00 UTC, such as 495000',
    refuse: text => (/^\d{1,7}$/.test(text) ? null : 'hour, as hours since 1970'),
  },
  AS: {
    help: 'AS number, such as 64496, AS64496 or 1.10',
    refuse: text => (parseAsn(text) === null ? 'AS number' : null),
    values: knownAses,
  },
  PATH: {
    help: 'AS path, neighbour first, between double quotes, such as "64500 64496 {64510,64511}"',
    refuse: text => {
      const path = parsePath(text);
      return typeof path === 'string' ? `AS path: ${path}` : null;
    },
  },
  ROLE: {
    help: `role of the neighbour: ${ROLES.join(', ')}`,
    refuse: text => (ROLES.some(role => role === text) ? null : `role: ${ROLES.join(', ')}`),
    values: async () => ROLES,
  },
  ASES: {
    help: 'AS numbers, with commas between, such as 64500,64511',
    refuse: text => (text.split(',').every(one => parseAsn(one) !== null) ? null : 'list of AS numbers'),
    values: async (daemon, place) => lastOfList(place, one => knownAses(daemon, one)),
  },
  VICTIMS: {
    help: 'prefixes and AS numbers, with commas between, such as 192.0.2.0/24,64500',
    refuse: text =>
      text.split(',').every(one => parseAsn(one) !== null || parsePrefix(one) !== null)
        ? null
        : 'list of prefixes and AS numbers',
    values: async (daemon, place) =>
      lastOfList(place, async one => [...(await heldPrefixes(daemon, one)), ...(await knownAses(daemon, one))]),
  },
  REGEX: {
    help: 'regular expression on the AS path, such as _64500_ or ^64496_.*_64500$',
    refuse: text => {
      const pattern = compilePath(text);
      return 'error' in pattern ? `regular expression: at character ${pattern.at + 1}, ${pattern.error}` : null;
    },
  },
  COMMUNITY: {
    help: 'community, such as 64500:120, 64500:1:20 or no-export',
    refuse: text => (/^(\d{1,10}(:\d{1,10}){1,2}|[a-z][a-z-]*)$/.test(text) ? null : 'community'),
    values: async () => WELL_KNOWN_COMMUNITIES,
  },
  SOURCE: {
    help: 'name of an IRR source',
    refuse: text => (/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text) ? null : 'name of an IRR source'),
    values: async daemon => (await daemon.irrStatus()).map(({ source }) => source),
  },
  STATE: {
    help: `state against the IRR (${IRR_STATES.join(', ')}) or the RPKI (${ROV_STATES.join(', ')})`,
    refuse: text => (STATES.includes(text) ? null : `state: ${STATES.join(', ')}`),
    values: async () => STATES,
  },
  TIME: {
    help: 'time: 2026-03-01T12:00:00Z, 12:00 of today (UTC), or -2h',
    refuse: refuseInstant,
  },
  DURATION: {
    help: 'how long, such as 30m, 12h or 7d',
    refuse: text => {
      const duration = readDuration(text);
      return duration !== null && duration > 0 ? null : 'duration, such as 30m, 12h or 7d';
    },
  },
  UNTIL: {
    help: 'time up to which; default: now',
    refuse: refuseInstant,
  },
  'CASE-ID': {
    help: 'number of a case, such as 2026-03-01-01',
    refuse: text => (CASE_ID.test(text) ? null : 'number of a case (YYYY-MM-DD-NN)'),
    values: async daemon => (await daemon.casesBefore(null, 200)).map(one => one.id),
  },
  'INCIDENT-ID': {
    help: 'number of an incident, such as I2026-03-01-01',
    refuse: text => (/^I\d{4}-\d{2}-\d{2}-\d{2,6}$/.test(text) ? null : 'number of an incident (IYYYY-MM-DD-NN)'),
    values: async daemon => [...new Set((await daemon.casesBefore(null, 200)).map(incidentOf))],
  },
  // Not completed: it is to be typed by who means it.
  CONFIRMATION: {
    help: 'the number of the case once more',
    refuse: text => (CASE_ID.test(text) ? null : 'number of a case (YYYY-MM-DD-NN)'),
  },
  RIDPEER: {
    help: 'name of a `peer` of the `rid` of the configuration',
    refuse: refuseName('name of a peer of rid'),
    values: async daemon => (await daemon.ridPeers()).map(({ name }) => name),
  },
  REQUEST: {
    help: 'number of a request, as `show rid requests` has it',
    refuse: text => (/^\d{1,9}$/.test(text) ? null : 'number of a request'),
    values: async daemon =>
      (await daemon.ridEntries())
        .filter(({ state, way }) => state === 'pending' && way === 'in')
        .map(one => `${one.number}`),
  },
  'TRACE-ID': {
    help: 'number of a trace, such as t20260301-120003-9f3a',
    refuse: text => (/^t\d{8}-\d{6}-[0-9A-Za-z]{4}$/.test(text) ? null : 'number of a trace (tYYYYMMDD-HHMMSS-XXXX)'),
    values: async daemon => (await daemon.traces(100)).map(trace => trace.id),
  },
  APPROVAL: {
    help: 'question that waits for approval, such as p3f9a02c1',
    refuse: text => (/^p[0-9a-f]{8,64}$/.test(text) ? null : 'question that waits (p and 8 hex digits or more)'),
    values: async daemon => (await daemon.approvals()).map(({ id }) => id),
  },
  PURPOSE: {
    help: `what it is for: ${PURPOSES.join(', ')}`,
    refuse: text => (PURPOSES.some(one => one === text) ? null : `purpose: ${PURPOSES.join(', ')}`),
    values: async () => PURPOSES,
  },
  REFERENCE: {
    help: 'your own name for why you ask, such as CASE-7',
    refuse: refuseText('reference'),
  },
  FILE: {
    help: 'pcap file, or - for the standard input',
    refuse: text => (text === '' ? 'name of a file' : null),
  },
  NUMBER: {
    help: `whole number from 1 on`,
    refuse: text =>
      /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_NUMBER ? null : `whole number from 1 to ${MAX_NUMBER}`,
  },
  NUMBERS: {
    help: 'numbers and ranges, such as 3,7,9-12',
    refuse: text => (readNumbers(text) === null ? 'list of whole numbers from 1 on, such as 3,7,9-12' : null),
  },
  DIGEST: {
    help: 'digest: 16 hex digits, such as 6f6cfad95ecccf84',
    refuse: text => (/^[0-9a-fA-F]{16}$/.test(text) ? null : 'digest of 16 hex digits'),
  },
  LENGTH: {
    help: 'prefix length, 1 to 48',
    refuse: text => (/^[1-9]\d?$/.test(text) && Number(text) <= 48 ? null : 'prefix length of 1 to 48'),
  },
  TEXT: {
    help: 'a few words, between double quotes',
    refuse: refuseText('text'),
  },
  QUERY: {
    help: 'whois query in the manner of IRRd or RIPE; between double quotes when it has blanks',
    refuse: refuseText('query'),
  },
  SET: {
    help: 'name of an as-set',
    refuse: text => (setName(text, 'as-set') === null ? 'name of an as-set, such as AS-EXAMPLE' : null),
  },
  WORD: {
    help: 'word of a command',
    refuse: () => null,
    repeats: true,
  },
};

function refuseInstant(text: string): string | null {
  return parseInstant(text, Date.now()) === null ? 'time, such as 2026-03-01T12:00:00Z, 12:00 or -2h' : null;
}
