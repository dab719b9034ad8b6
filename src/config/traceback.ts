/** A `traceback` block: from its statements to the tree and back, and the rules that concern several of them. */
import { endpointOf } from './endpoint.ts';
import {
  all,
  type Entry,
  entry,
  first,
  list,
  must,
  number,
  numberIn,
  optional,
  placed,
  stated,
  text,
  textIn,
} from './entry.ts';
import { checkUsable } from './host-address.ts';
import type { Report } from './report.ts';
import { checkTraceSites, traceSitesEntries, traceSitesOf } from './trace-sites.ts';
import type {
  ChecklistsConfig,
  TracebackConfig,
  TracePeerConfig,
  TracePolicy,
  TracePurpose,
} from './traceback-tree.ts';

// Below, a word that the schema lists as the only ones possible is taken for its type: it was checked against the list.

/** The tree of a block in which nothing is wrong. */
export function tracebackOf(block: readonly Entry[]): TracebackConfig {
  const answer = stated(block, 'traceback', 'answer').block;
  const ask = stated(block, 'traceback', 'ask').block;
  const measure = stated(block, 'traceback', 'measure').block;
  const sites = traceSitesOf(block);
  return {
    listen: all(block, 'listen').map(endpointOf),
    announce: all(block, 'announce').map(endpointOf),
    identity: textIn(block, 'traceback', 'identity', 'file'),
    certificate: textIn(block, 'traceback', 'identity', 'certificate'),
    federations: all(block, 'federation').map(one => ({
      name: must(text(one, 'federation')),
      secret: textIn(one.block, 'federation', 'secret', 'file'),
      authority: text(stated(one.block, 'federation', 'authority'), 'file') ?? null,
      ...policyOf(one.block, 'federation'),
    })),
    ...(first(block, 'hints') && { hints: numberIn(block, 'traceback', 'hints', 'count') }),
    ...optional('checklists', all(block, 'checklists').map(checklistsOf)[0]),
    peers: all(block, 'peer as').map(tracePeerOf),
    ...(sites !== null && { sites }),
    answer: {
      detail: textIn(answer, 'answer', 'detail', 'detail') as TracebackConfig['answer']['detail'],
      coverage: number(stated(answer, 'answer', 'coverage'), 'percent') ?? null,
      proof: textIn(answer, 'answer', 'proof', 'proof') as TracebackConfig['answer']['proof'],
      unproved: numberIn(answer, 'answer', 'unproved', 'rate'),
      approval: textIn(answer, 'answer', 'approval', 'approval') as NonNullable<TracebackConfig['answer']['approval']>,
    },
    ask: {
      approval: textIn(ask, 'ask', 'approval', 'askapproval') as NonNullable<TracebackConfig['ask']>['approval'],
      purpose: textIn(ask, 'ask', 'purpose', 'onepurpose') as TracePurpose,
      reference: text(stated(ask, 'ask', 'reference'), 'reference') ?? '',
    },
    measure: {
      decoys: numberIn(measure, 'measure', 'decoys', 'percent'),
      canaries: numberIn(measure, 'measure', 'canaries', 'duration'),
    },
  };
}

function tracePeerOf(peer: Entry): TracePeerConfig {
  const { block } = peer;
  return {
    as: must(number(peer, 'asn')),
    ...endpointOf(stated(block, 'tracepeer', 'address')),
    certificate: text(stated(block, 'tracepeer', 'certificate'), 'file') ?? '',
    ...optional('fingerprint', text(stated(block, 'tracepeer', 'fingerprint'), 'fingerprint')),
    ...optional('checklist', text(stated(block, 'tracepeer', 'checklist'), 'file')),
    ...policyOf(block, 'tracepeer'),
  };
}

/** What holds where nothing is said. */
export const CHECKLISTS_AS_DEFAULT: ChecklistsConfig = checklistsOf(entry('traceback', 'checklists'));

function checklistsOf({ block }: Entry): ChecklistsConfig {
  return {
    program: textIn(block, 'checklists', 'program', 'file'),
    cache: textIn(block, 'checklists', 'cache directory', 'directory'),
    tals: all(block, 'tal').map(one => must(text(one, 'file'))),
    recheck: numberIn(block, 'checklists', 'recheck', 'duration'),
  };
}

function checklistsEntry({ program, cache, tals, recheck }: ChecklistsConfig): Entry {
  return entry('traceback', 'checklists', {}, [
    entry('checklists', 'program', { file: program }),
    entry('checklists', 'cache directory', { directory: cache }),
    ...tals.map(file => entry('checklists', 'tal', { file })),
    entry('checklists', 'recheck', { duration: recheck }),
  ]);
}

function policyOf(block: readonly Entry[], name: 'federation' | 'tracepeer'): TracePolicy {
  const purpose = first(block, 'purpose');
  return {
    in: textIn(block, name, 'in', 'policy') as TracePolicy['in'],
    out: textIn(block, name, 'out', 'policy') as TracePolicy['out'],
    rate: numberIn(block, name, 'rate', 'rate'),
    ...optional('purposes', purpose && (list(purpose, 'purpose') as readonly TracePurpose[])),
  };
}

const policyEntries = (name: 'federation' | 'tracepeer', policy: TracePolicy): Entry[] => [
  entry(name, 'in', { policy: policy.in }),
  entry(name, 'out', { policy: policy.out }),
  entry(name, 'rate', { rate: policy.rate }),
  ...(policy.purposes === undefined ? [] : [entry(name, 'purpose', { purpose: [...policy.purposes] })]),
];

/** The statements that make this tree. */
export function tracebackEntry(traceback: TracebackConfig): Entry {
  const { identity, certificate, answer, measure } = traceback;
  return entry('global', 'traceback', {}, [
    ...traceback.listen.map(({ address, port }) => entry('traceback', 'listen', { address, port })),
    entry('traceback', 'identity', { file: identity, certificate }),
    ...traceback.announce.map(({ address, port }) => entry('traceback', 'announce', { address, port })),
    ...traceback.federations.map(({ name, secret, authority, ...policy }) =>
      entry('traceback', 'federation', { federation: name }, [
        entry('federation', 'secret', { file: secret }),
        ...(authority === null ? [] : [entry('federation', 'authority', { file: authority })]),
        ...policyEntries('federation', policy),
      ]),
    ),
    ...(traceback.hints === undefined ? [] : [entry('traceback', 'hints', { count: traceback.hints })]),
    ...(traceback.sites === undefined ? [] : traceSitesEntries(traceback.sites)),
    ...(traceback.checklists === undefined ? [] : [checklistsEntry(traceback.checklists)]),
    ...traceback.peers.map(peer =>
      entry('traceback', 'peer as', { asn: peer.as }, [
        entry('tracepeer', 'address', { address: peer.address, port: peer.port }),
        ...(peer.certificate === '' ? [] : [entry('tracepeer', 'certificate', { file: peer.certificate })]),
        ...(peer.fingerprint === undefined
          ? []
          : [entry('tracepeer', 'fingerprint', { fingerprint: peer.fingerprint })]),
        ...(peer.checklist === undefined ? [] : [entry('tracepeer', 'checklist', { file: peer.checklist })]),
        ...policyEntries('tracepeer', peer),
      ]),
    ),
    entry('traceback', 'answer', {}, [
      entry('answer', 'detail', { detail: answer.detail }),
      entry('answer', 'proof', { proof: answer.proof }),
      entry('answer', 'unproved', { rate: answer.unproved }),
      ...(answer.coverage === null ? [] : [entry('answer', 'coverage', { percent: answer.coverage })]),
      entry('answer', 'approval', { approval: answer.approval ?? 'none' }),
    ]),
    ...(traceback.ask === undefined ? [] : [askEntry(traceback.ask)]),
    entry('traceback', 'measure', {}, [
      entry('measure', 'decoys', { percent: measure.decoys }),
      entry('measure', 'canaries', { duration: measure.canaries ?? 0 }),
    ]),
  ]);
}

function askEntry({ approval, purpose, reference }: NonNullable<TracebackConfig['ask']>): Entry {
  return entry('traceback', 'ask', {}, [
    entry('ask', 'approval', { askapproval: approval }),
    entry('ask', 'purpose', { onepurpose: purpose }),
    ...(reference === '' ? [] : [entry('ask', 'reference', { reference })]),
  ]);
}

/** Tells what is wrong with the `traceback` blocks of a configuration. */
export function checkTraceback(config: readonly Entry[], report: Report): void {
  const own = first(config, 'local as');
  for (const { block } of all(config, 'traceback')) {
    checkTraceSites(block, config, report);
    for (const peer of all(block, 'peer as')) {
      if (own !== undefined && number(peer, 'asn') !== undefined && number(peer, 'asn') === number(own, 'asn'))
        report.error(placed(peer), `\`peer as ${number(peer, 'asn')}\` is the own AS`);
      if (
        peer.whole &&
        !report.damaged &&
        !['certificate', 'fingerprint', 'checklist'].some(head => first(peer.block, head))
      )
        report.error(
          placed(peer),
          `nothing tells who \`peer as ${number(peer, 'asn')}\` is, expected \`certificate\`, \`fingerprint\` or \`checklist\` in its block`,
        );
      const checklist = first(peer.block, 'checklist');
      const file = checklist && text(checklist, 'file');
      if (file !== undefined && (!file.endsWith('.sig') || /["\\]/.test(file)))
        report.error(
          placed(checklist!),
          'rpki-client knows a checklist by its name, expected a plain one that ends in `.sig`',
        );
      const address = first(peer.block, 'address');
      if (address !== undefined) checkUsable(address, text(address, 'address') ?? '', false, report);
    }
  }
}
