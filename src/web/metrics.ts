/** What the daemon is doing in numbers, for Prometheus (intertrack-api(7), METRICS). Read when it is asked for. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Daemon } from '../control/daemon.ts';
import { caseMetrics } from './metrics/cases.ts';
import { countHappenings, SECONDS } from './metrics/happenings.ts';
import { keepingMetrics } from './metrics/keeping.ts';
import { machineMetrics } from './metrics/machines.ts';
import { type Look, type Maker, makerFor } from './metrics/maker.ts';
import { probeMetrics } from './metrics/probes.ts';
import { registryMetrics } from './metrics/registry.ts';
import { routeMetrics } from './metrics/routes.ts';
import { tracebackMetrics } from './metrics/traceback.ts';

export interface Metrics {
  /** All of them as text, in the form that an Accept header asks for. */
  read(accept: string | undefined): Promise<{ readonly type: string; readonly text: string }>;
  /** A request was answered with this status, after so many seconds. */
  answered(status: number, seconds: number): void;
}

const PARTS: Readonly<Record<string, (maker: Maker) => Look>> = {
  routes: routeMetrics,
  registry: registryMetrics,
  cases: caseMetrics,
  probes: probeMetrics,
  traceback: tracebackMetrics,
  keeping: keepingMetrics,
  machines: machineMetrics,
};

/** Gauges of the client library with names of counters: readers of OpenMetrics may refuse them. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createMetrics(daemon: Daemon, now: () => number = Date.now): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  for (const name of MISNAMED) register.removeSingleMetric(name);
  const maker = makerFor(register);
  const looks = Object.entries(PARTS).map(([part, made]) => ({ part, look: made(maker) }));
  const unread = maker.gauge('metrics_unread', '1 for a part whose metrics could not be read: they are as before', [
    'part',
  ]);
  const requests = maker.counter('http_requests_total', 'Requests answered, by status', ['status']);
  const took = maker.histogram('http_request_seconds', 'How long requests took', SECONDS);
  countHappenings(maker, daemon, now);

  /** A part that fails is told of, and the others are read. */
  async function look(): Promise<void> {
    const done = await Promise.allSettled(looks.map(one => one.look(daemon)));
    for (const [i, { part }] of looks.entries()) unread.set({ part }, done[i]!.status === 'rejected' ? 1 : 0);
  }

  async function write(accept: string): Promise<{ type: string; text: string }> {
    await look();
    const text = await register.metrics();
    return /application\/openmetrics-text/.test(accept)
      ? { type: Registry.OPENMETRICS_CONTENT_TYPE, text: openMetrics(text) }
      : { type: Registry.PROMETHEUS_CONTENT_TYPE, text };
  }

  // One after the other: each reading sets all numbers anew.
  let last: Promise<unknown> = Promise.resolve();
  return {
    read(accept = '') {
      const text = last.then(() => write(accept));
      last = text.catch(() => {});
      return text;
    },
    answered(status, seconds) {
      requests.inc({ status });
      took.observe(seconds);
    },
  };
}

/**
 * The text of Prometheus as OpenMetrics 1.0 has it: a family of counters without `_total`, its unit by name, no empty line,
 * an end. The client library could, but then forgets the names of its counters for whoever asks for text.
 */
function openMetrics(text: string): string {
  const lines = text.split('\n').flatMap(line => {
    const [, what, name = '', rest] = /^# (HELP|TYPE) (\S+)(.*)$/.exec(line) ?? [];
    if (what === undefined) return line === '' ? [] : line;
    const family = name.replace(/_total$/, '');
    const unit = what === 'TYPE' ? /_(seconds|bytes|ratio)$/.exec(family)?.[1] : undefined;
    return [`# ${what} ${family}${rest}`, ...(unit === undefined ? [] : [`# UNIT ${family} ${unit}`])];
  });
  return `${lines.join('\n')}\n# EOF\n`;
}
