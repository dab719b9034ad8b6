/**
 * What of a trace stays inside the AS: which of its sites saw the packet, and in which of its domains it came in, went out or
 * began. A part of the domain traceback manager; no other AS is told any of it.
 */
import type { ProbeAnswer } from '../probe/question.ts';
import { type Border, type BorderQuestion, judgeBorder } from './btm.ts';
import { printable } from './connection.ts';
import type { SiteGroup } from './sites.ts';
import type { TraceInside, TraceSite } from './trace.ts';

interface SeenIn {
  readonly domain: string;
  readonly border: Border;
  readonly answers: readonly ProbeAnswer[];
}

/** From what each daemon answered. `source`: the packet began inside the AS. */
export function insideOf(groups: readonly SiteGroup[], question: BorderQuestion, source: boolean): TraceInside {
  const seen = domainsOf(groups, question).filter(({ border }) => border.verdict === 'saw');
  const names = (some: readonly SeenIn[]) => some.map(({ domain }) => domain);
  const outward = ({ answers }: SeenIn) =>
    answers.some(one => one.sightings.some(({ vantage }) => vantage.direction === 'out'));
  return {
    came: names(seen.filter(({ border }) => border.inward)),
    left: names(seen.filter(outward)),
    began: source ? names(firstOf(seen)) : [],
    sites: groups.map(group => siteOf(group, question, names(seen))),
  };
}

/** By domain, what all probes in it say: a domain may have probes at several sites. */
function domainsOf(groups: readonly SiteGroup[], question: BorderQuestion): SeenIn[] {
  const answers = new Map<string, ProbeAnswer[]>();
  for (const group of groups)
    for (const one of group.answers) {
      const domain = group.domainOf(one.probe);
      if (domain === null) continue;
      const probe = `${group.site ?? ''}/${one.probe}`;
      answers.set(domain, [...(answers.get(domain) ?? []), { ...one, probe }]);
    }
  return [...answers].map(([domain, some]) => ({
    ...{ domain, answers: some },
    border: judgeBorder(some, [], question, null),
  }));
}

/**
 * Where it was first: every router takes one from the TTL, so of domains that all remember the packet itself it is the
 * one with the highest. Where one does not, it may have been any of them.
 */
function firstOf(seen: readonly SeenIn[]): readonly SeenIn[] {
  const ttls = seen.map(({ answers }) =>
    Math.max(-1, ...answers.flatMap(one => one.sightings.map(({ recent }) => recent?.ttl ?? -1))),
  );
  if (ttls.includes(-1)) return seen;
  const highest = Math.max(...ttls);
  return seen.filter((_, i) => ttls[i] === highest);
}

function siteOf(group: SiteGroup, question: BorderQuestion, seen: readonly string[]): TraceSite {
  const { site, answers, silent, coverage, after, away } = group;
  if (away !== null)
    return { ...{ site, after, verdict: 'silent', ingress: [], egress: [], domains: [] }, reason: printable(away) };
  const { verdict, reason, ingress, egress } = judgeBorder(answers, silent, question, coverage);
  const here = new Set(
    answers.filter(({ sightings }) => sightings.length > 0).map(({ probe }) => group.domainOf(probe)),
  );
  return { site, after, verdict, reason, ingress, egress, domains: seen.filter(domain => here.has(domain)) };
}
