/**
 * The words of a verdict, shared by registry, collector, hijack and shell: what the RPKI says of a route's origin, what
 * the IRR says of it, and how grave the two are together (research: hijack 3.2, 3.3).
 */

/**
 * State of a route against the IRR's route objects (registry/irr-state.ts). There is no maxLength in the IRR. `unknown`:
 * neither an object for the prefix nor one that covers it.
 */
export type IrrState = 'match' | 'match-covering' | 'mismatch' | 'mismatch-covering' | 'unknown';

/** The states by their number in snapshots and verdict memos. */
export const IRR_STATES: readonly IrrState[] = ['unknown', 'match', 'match-covering', 'mismatch', 'mismatch-covering'];

/** Validation state of a route's origin against the VRPs (RFC 6811 section 2). */
export type RovState = 'valid' | 'invalid' | 'not-found';

/** The states by their number in snapshots and verdict memos. */
export const ROV_STATES: readonly RovState[] = ['not-found', 'valid', 'invalid'];

/**
 * Why a route is ROV invalid. `length`: a VRP has its AS, but the prefix is longer than that allows. `as0`: all VRPs that
 * cover it are of AS 0, so that nobody may announce it (RFC 6483 section 4). `as-set`: its path ends in an AS_SET, which
 * no VRP matches. `as`: the VRPs that cover it are of other ASes.
 */
export type RovReason = 'as' | 'length' | 'as0' | 'as-set';

/** Outcome of verifying a path by ASPAs (registry/aspa-path.ts). */
export type AspaState = 'valid' | 'invalid' | 'unknown';

/** How grave a verdict is, the gravest first. `no-opinion`: neither registry knows the space. */
export const SEVERITIES = ['critical', 'major', 'minor', 'info', 'ok', 'no-opinion'] as const;
export type Severity = (typeof SEVERITIES)[number];

/**
 * ROV by IRR (research: hijack 3.3). A valid route that the IRR contradicts: its objects are out of date. An invalid one
 * that the IRR confirms: the holder's own ROA is too tight. An invalid one of which the IRR knows nothing has no excuse.
 */
// biome-ignore format: it is a table
const SEVERITY: Readonly<Record<IrrState, Readonly<Record<RovState, Severity>>>> = {
  'match':             { 'valid': 'ok',   'not-found': 'ok',         'invalid': 'minor' },
  'match-covering':    { 'valid': 'ok',   'not-found': 'ok',         'invalid': 'minor' },
  'mismatch':          { 'valid': 'info', 'not-found': 'major',      'invalid': 'critical' },
  'mismatch-covering': { 'valid': 'info', 'not-found': 'major',      'invalid': 'critical' },
  'unknown':           { 'valid': 'ok',   'not-found': 'no-opinion', 'invalid': 'major' },
};

/** How grave it is that a route is in these states. */
export function severityOf(rov: RovState, irr: IrrState): Severity {
  return SEVERITY[irr][rov];
}
