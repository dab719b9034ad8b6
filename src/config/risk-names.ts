/** Settings that may be meant and are dangerous when they are not (risks.ts), by the names that `accept risk` has for them. */
export const RISKS = [
  'answer-unapproved',
  'bgp-no-limit',
  'bgp-open-range',
  'http-anonymous',
  'http-operator',
  'irr-clear',
  'key-readable',
  'mail-clear',
] as const;

export type RiskName = (typeof RISKS)[number];

/** `accept risk`: somebody knows of it. */
export interface AcceptedRisk {
  readonly risk: RiskName;
  /** Of these peers and the like alone; empty: of all. */
  readonly names: readonly string[];
}
