/** The commands about cases, and about the notices that they cause. */
import { parseAsn } from '../bgp/as-path.ts';
import { readDuration } from '../config/units.ts';
import type { Case } from '../hijack/case.ts';
import { checkChain, readEvidence } from '../hijack/evidence-chain.ts';
import { incidentOf } from '../hijack/incident.ts';
import { incidentSummary } from '../hijack/incident-summary.ts';
import { iodefDocument } from '../hijack/iodef.ts';
import { refusedContacts } from '../hijack/refused-contacts.ts';
import { wholeEvidence } from '../hijack/whole-evidence.ts';
import type { OutboxRecord } from '../store/records.ts';
import type {
  CaseDetail,
  CaseEvidence,
  CaseExport,
  CaseTimeline,
  CheckedEvidence,
  IncidentDetail,
  IodefExport,
} from './case-rows.ts';
import type { Call, Command } from './commands.ts';
import type { CaseOrder, NoticeRow } from './daemon.ts';

/** Cases that are read from the database at a time. */
const PAGE = 200;

/** What may be shown of cases besides their lines. */
const VIEWS: readonly { view: string; help: string; rowOf: (call: Call, one: Case) => Promise<unknown> }[] = [
  { view: 'detail', help: 'All about them, with the why-record', rowOf: detailOf },
  { view: 'timeline', help: 'What happened, line by line', rowOf: timelineOf },
  { view: 'evidence', help: 'What was frozen, and whether the chain is whole', rowOf: evidenceOf },
];

/** Part of COMMANDS. */
export const CASE_COMMANDS: readonly Command[] = [
  {
    syntax: 'check evidence CASE-ID',
    help: 'Verify the chain of the evidence of a case',
    one: true,
    run: checkEvidence,
  },
  {
    syntax: 'case export CASE-ID [json|iodef]',
    help: 'A case with its evidence as a document',
    words: { json: 'As JSON, with the octets that were hashed (the default)', iodef: 'As XML (IODEF, RFC 7970)' },
    one: true,
    run: exportCase,
  },
  { syntax: 'case CASE-ID', help: 'All about one case', one: true, run: showCase },
  {
    syntax: 'case ack CASE-ID [reason TEXT]',
    help: 'Say that somebody knows of a case: there are no more reminders',
    words: { reason: 'Words for the timeline' },
    one: true,
    run: call => mark(call, 'ack'),
  },
  {
    syntax: 'case dismiss CASE-ID reason TEXT [for DURATION]',
    help: 'Set a case aside: it is followed in silence',
    words: { reason: 'Why, for the timeline', for: 'After so long it is taken up again' },
    one: true,
    run: call => mark(call, 'dismiss'),
  },
  {
    syntax: 'case note CASE-ID TEXT',
    help: 'Write a line into the timeline of a case',
    one: true,
    run: call => mark(call, 'note'),
  },
  {
    syntax: 'case reopen CASE-ID [reason TEXT]',
    help: 'Take a dismissed case up again',
    words: { reason: 'Words for the timeline' },
    one: true,
    run: call => mark(call, 'reopen'),
  },
  {
    syntax: 'show case [open]',
    help: 'Cases, the latest first',
    words: { open: 'Those neither resolved nor dismissed (the default)' },
    run: showOpen,
  },
  { syntax: 'show case all', help: 'All of them, however long ago', long: true, run: call => forAll(call, call.row) },
  { syntax: 'show case CASE-ID', help: 'All about one case', one: true, run: showCase },
  ...VIEWS.flatMap(({ view, help, rowOf }) => [
    ...[`show case ${view}`, `show case open ${view}`].map(syntax => ({
      syntax,
      help,
      async run(call: Call) {
        for (const one of await openCases(call)) await call.row(await rowOf(call, one));
      },
    })),
    {
      syntax: `show case all ${view}`,
      help,
      long: true as const,
      run: (call: Call) => forAll(call, async one => call.row(await rowOf(call, one))),
    },
    {
      syntax: `show case CASE-ID ${view}`,
      help,
      one: true as const,
      run: async (call: Call) => call.row(await rowOf(call, await named(call))),
    },
  ]),
  {
    syntax: 'show incident [open]',
    help: 'Incidents, each one case or several, the latest first',
    words: { open: 'Those of which a case is not over (the default)' },
    run: showIncidents,
  },
  { syntax: 'show incident all', help: 'All of them, however long ago', long: true, run: showAllIncidents },
  { syntax: 'show incident INCIDENT-ID', help: 'An incident with its cases', one: true, run: showIncident },
  {
    syntax: 'drill PREFIX AS',
    help: 'Open a case for a route that nobody announces, and measure how long its notices take',
    one: true,
    async run({ daemon, args, by, signal, row }) {
      await row(await daemon.drill({ prefix: args.PREFIX!, as: parseAsn(args.AS!)!, by }, signal));
    },
  },
  {
    syntax: 'show outbox',
    help: 'Notices not yet delivered',
    async run({ daemon, row }) {
      for (const record of await daemon.outbox()) await row(notice(record));
    },
  },
];

/** The latest first. */
const byOpening = (a: Case, b: Case): number => b.opened - a.opened || (a.id < b.id ? 1 : -1);

async function openCases({ daemon }: Call): Promise<Case[]> {
  const open = (await daemon.cases()).filter(({ state }) => state !== 'resolved' && state !== 'dismissed');
  return open.sort(byOpening);
}

async function showOpen(call: Call): Promise<void> {
  for (const one of await openCases(call)) await call.row(one);
}

/** Every case there ever was, the latest first. */
async function forAll({ daemon, note, signal }: Call, take: (one: Case) => Promise<void>): Promise<void> {
  let last: Case | null = null;
  while (!signal.aborted) {
    const page: readonly Case[] = await daemon.casesBefore(last, PAGE);
    for (const one of page) await take(one);
    if (page.length === 0) break;
    last = page.at(-1)!;
  }
  if (last === null) note('no case');
}

async function showIncidents({ daemon, row }: Call): Promise<void> {
  const running = [...(await daemon.cases())].sort(byOpening).map(incidentOf);
  for (const id of new Set(running)) await row(incidentSummary(await daemon.incident(id)));
}

async function showAllIncidents(call: Call): Promise<void> {
  const seen = new Set<string>();
  await forAll(call, async one => {
    const id = incidentOf(one);
    if (seen.has(id)) return;
    seen.add(id);
    await call.row(incidentSummary(await call.daemon.incident(id)));
  });
}

async function showIncident({ daemon, args, row }: Call): Promise<void> {
  const id = args['INCIDENT-ID']!;
  const cases = await daemon.incident(id);
  if (cases.length === 0) throw new Error(`there is no incident ${id}`);
  const elsewhere = elsewhereOf(daemon, cases);
  const detail = { summary: incidentSummary(cases), cases, ...(elsewhere.length > 0 && { elsewhere }) };
  await row(detail satisfies IncidentDetail);
}

/** Where the cases are that are not over and that other machines have, by partition. */
function elsewhereOf(daemon: Call['daemon'], cases: readonly Case[]): NonNullable<IncidentDetail['elsewhere']> {
  const places = cases.flatMap(({ id, state }) => (state === 'resolved' ? [] : (daemon.caseElsewhere(id) ?? [])));
  return [...Map.groupBy(places, ({ partition }) => partition)]
    .map(([, of]) => ({ ...of[0]!, cases: of.length }))
    .sort((a, b) => a.partition - b.partition);
}

async function checkEvidence({ daemon, args, row }: Call): Promise<void> {
  const id = args['CASE-ID']!;
  const records = await daemon.evidence(id);
  if (records.length === 0 && (await daemon.case(id)) === null) throw new Error(`there is no case ${id}`);
  if (records.length === 0) throw new Error(`there is no evidence of case ${id}: it is of an older version`);
  const check = checkChain(id, records);
  if (check.fault !== null)
    throw new Error(`the evidence of case ${id} is broken at record ${check.fault.number}: ${check.fault.why}`);
  await row({ case: id, ...check } satisfies CheckedEvidence);
}

async function exportCase(call: Call): Promise<void> {
  const { daemon, args, row } = call;
  const of = await named(call);
  const { notices } = await withNotices(call, of);
  // The database keeps more beside a record than is told of it.
  const evidence = (await daemon.evidence(of.id)).map(({ number, time, hash, body }) => ({ number, time, hash, body }));
  const now = Date.now();
  if (args.iodef === undefined) {
    const document = { format: 'intertrack-case-1', exported: now, case: of, notices, evidence } as const;
    return row(document satisfies CaseExport);
  }
  const related = (await daemon.incident(incidentOf(of))).map(({ id }) => id);
  await row({ iodef: iodefDocument(of, { ...daemon.creator(), related, evidence, now }) } satisfies IodefExport);
}

async function mark({ daemon, args, by, row }: Call, what: CaseOrder['what']): Promise<void> {
  const until = args.DURATION === undefined ? null : Date.now() + readDuration(args.DURATION)!;
  await row(await daemon.markCase(args['CASE-ID']!, { what, by, reason: args.TEXT ?? '', until }));
}

async function showCase(call: Call): Promise<void> {
  await call.row(await detailOf(call, await named(call)));
}

/** The case that the command names. Rejects when there is none. */
async function named({ daemon, args }: Call): Promise<Case> {
  const id = args['CASE-ID']!;
  const found = await daemon.case(id);
  if (found === null) throw new Error(`there is no case ${id}`);
  return found;
}

/** A case, and what became of its notices. */
async function withNotices({ daemon }: Call, one: Case): Promise<Omit<CaseDetail, 'traces'>> {
  const notices = (await daemon.outboxOf(one.id)).map(notice);
  return { ...one, notices, refused: refusedContacts(one) };
}

/** The same, and its traces. */
async function detailOf(call: Call, one: Case): Promise<CaseDetail> {
  const [detail, traces] = [await withNotices(call, one), await call.daemon.tracesOf(one.id)];
  const elsewhere = one.state === 'resolved' ? null : call.daemon.caseElsewhere(one.id);
  return { ...detail, ...(traces.length > 0 && { traces }), ...(elsewhere !== null && { elsewhere }) };
}

async function timelineOf(_: Call, { id, state, prefix, offender, timeline }: Case): Promise<CaseTimeline> {
  return { id, state, prefix, offender, timeline };
}

async function evidenceOf({ daemon }: Call, { id }: Case): Promise<CaseEvidence> {
  const sealed = await daemon.evidence(id);
  const records = sealed.flatMap(({ body, hash }) => {
    const evidence = readEvidence(body);
    return evidence === null ? [] : [{ ...evidence, hash }];
  });
  return { case: id, check: checkChain(id, sealed), records: wholeEvidence(records) };
}

function notice({ body: _, ...rest }: OutboxRecord): NoticeRow {
  return rest;
}
