/** The views, each in a file of its own that the browser loads when it is looked at first. */
import type { ComponentType } from 'preact';

/** What stands behind the view's name in the address: `#/case/2026-11-29-01`. */
export interface ViewProps {
  readonly id: string;
}

type Load = () => Promise<ComponentType<ViewProps>>;

const LOADS: Readonly<Record<string, Load>> = {
  overview: async () => (await import('./overview.tsx')).Overview,
  cases: async () => (await import('./cases.tsx')).Cases,
  case: async () => (await import('./case.tsx')).CaseView,
  incident: async () => (await import('./incident.tsx')).IncidentView,
  traces: async () => (await import('./traces.tsx')).Traces,
  trace: async () => (await import('./trace.tsx')).TraceView,
  routes: async () => (await import('./routes.tsx')).Routes,
  explain: async () => (await import('./explain.tsx')).Explain,
  peer: async () => (await import('./peer.tsx')).PeerView,
  registry: async () => (await import('./registry.tsx')).Registry,
  probes: async () => (await import('./probes.tsx')).Probes,
  traceback: async () => (await import('./trace-peers.tsx')).TracePeers,
};

/** Those of the navigation, each with the key that follows `g`. */
export const MENU = [
  ['overview', 'o'],
  ['cases', 'c'],
  ['traces', 't'],
  ['routes', 'r'],
  ['registry', 'i'],
  ['probes', 'p'],
  ['traceback', 'b'],
] as const;

/** Which of the navigation a view of one thing belongs to. */
const PARENTS: Readonly<Record<string, string>> = {
  case: 'cases',
  incident: 'cases',
  trace: 'traces',
  explain: 'routes',
  peer: 'overview',
};
export const parentOf = (view: string): string => PARENTS[view] ?? view;

/** The view of this name; an unknown name is the overview's. */
export const loadView = (view: string): Promise<ComponentType<ViewProps>> =>
  (Object.hasOwn(LOADS, view) ? LOADS[view]! : LOADS.overview!)();
