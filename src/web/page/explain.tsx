/** `explain`: each rule that makes the verdict on a route, with what it was applied to, and what would change it. */
import { useEffect, useState } from 'preact/hooks';
import type { Explanation, PathRow } from '../../control/verdict-rows.ts';
import { Verdict } from './case-why.tsx';
import { useAsk, useWords } from './context.ts';
import { caseMark, Facts, Mark, Read, severityMark, Table, term } from './parts.tsx';
import { hashOf } from './place.ts';
import { useQuery } from './query.ts';
import { Irr, Rov } from './routes.tsx';
import { age, asText, count, instant, pathText } from './show.ts';
import { VrpTable } from './vrp-table.tsx';

export function Explain() {
  const words = useWords();
  const [query, change] = useQuery();
  const { prefix = '', as = '' } = query;
  const [typed, setTyped] = useState({ prefix, as });
  useEffect(() => setTyped({ prefix, as }), [prefix, as]);
  const asked = prefix !== '' && as !== '';
  const reading = useAsk<Explanation>(asked ? 'explain' : null, asked ? { prefix, as } : {}, 0);
  return (
    <>
      <h1>{words.explainHead}</h1>
      <search>
        <form
          onSubmit={event => {
            event.preventDefault();
            change({ prefix: typed.prefix.trim(), as: typed.as.trim() }, true);
          }}
        >
          <label>
            {words.prefix}
            <input
              value={typed.prefix}
              required
              placeholder="192.0.2.0/24"
              onInput={event => setTyped({ ...typed, prefix: event.currentTarget.value })}
            />
          </label>
          <label>
            {words.originAs}
            <input
              value={typed.as}
              required
              size={10}
              placeholder="64500"
              onInput={event => setTyped({ ...typed, as: event.currentTarget.value })}
            />
          </label>
          <button type="submit">{words.askExplain}</button>
        </form>
      </search>
      {asked && <Read of={reading}>{one => <Explained one={one} />}</Read>}
      {asked && (
        <p>
          <a href={hashOf('routes', { query: { q: prefix } })}>
            {words.routes}: {prefix}
          </a>
        </p>
      )}
    </>
  );
}

function Explained({ one }: { one: Explanation }) {
  const words = useWords();
  const { rov, irr, severity, why } = one;
  const origin = typeof one.origin === 'number' ? asText(one.origin) : words.asSet;
  return (
    <>
      <p class="headline">
        <strong>
          {one.prefix} {origin}: <Mark of={term(words.severityOf, severity)} as={severityMark(severity)} />
        </strong>
        <span class="soft">{words.asOf(instant(one.time))}</span>
      </p>
      <Facts
        of={[
          ['IRR', <Verdict of={term(words.irrOf, irr)} bad={irr.startsWith('mismatch')} why={why.irr} />],
          [
            'RPKI (ROV)',
            <Verdict
              of={`${term(words.rovOf, rov)}${one.rovReason === null ? '' : ` (${one.rovReason})`}`}
              bad={rov === 'invalid'}
              why={why.rov}
            />,
          ],
          [
            words.watchedBy,
            one.watches.length === 0
              ? words.notWatched
              : one.watches.map(({ watch, because }) => `${watch} (${because})`).join('; '),
          ],
          [
            words.heldNow,
            one.holders.length === 0
              ? words.heldByNone
              : one.holders
                  .map(row => words.atPeers(row.origin === null ? words.asSet : asText(row.origin), row.peers))
                  .join(', '),
          ],
          [
            words.cases_,
            one.cases.length === 0
              ? ''
              : one.cases.map(({ id, state }) => (
                  <span class="each" key={id}>
                    <a href={hashOf('case', { id })}>{id}</a>{' '}
                    <Mark of={term(words.stateOf, state)} as={caseMark(state)} />
                  </span>
                )),
          ],
        ]}
      />
      <Objects one={one} />
      <VrpTable caption={words.vrpsCover} rows={one.vrps} />
      <WhatIf one={one} />
      {one.hints.length > 0 && (
        <>
          <h2>{words.hints}</h2>
          <ul lang="en">
            {one.hints.map(({ hint, text, object }) => (
              <li key={hint}>
                <strong>{hint}</strong>: {text}
                {object !== undefined && <pre>{object}</pre>}
              </li>
            ))}
          </ul>
        </>
      )}
      <Paths one={one} />
      <Basis one={one} />
    </>
  );
}

function Objects({ one }: { one: Explanation }) {
  const words = useWords();
  return (
    <>
      <h2>{words.objectsTouch}</h2>
      <p class="soft">{words.objectsHelp}</p>
      {one.objects.length === 0 ? (
        <p>{words.noObjects}</p>
      ) : (
        <Table
          caption={words.objectsTouch}
          rows={one.objects}
          keyOf={row => `${row.source} ${row.prefix} ${row.origin}`}
          columns={[
            { title: words.source, show: row => row.source, kind: 'id' },
            { title: words.prefix, show: row => row.prefix, kind: 'code' },
            { title: words.origin, show: row => asText(row.origin), kind: 'id' },
            { title: words.maintainers, show: row => row.mntBy.join(' ') },
            {
              title: words.decides,
              show: ({ decides, aside }) => {
                if (aside !== null) return aside === 'hole' ? words.asideHole : words.asideOutranked;
                return <Mark of={decides ? words.yes : words.no} as={decides ? 'good' : 'soft'} />;
              },
            },
            { title: words.changedOn, show: row => instant(row.changed).slice(0, 10), kind: 'time' },
            {
              title: words.removedOn,
              show: row => {
                const same = (due: Explanation['expiring'][number]) =>
                  due.source === row.source && due.prefix === row.prefix && due.origin === row.origin;
                return instant(one.expiring.find(same)?.removal ?? null).slice(0, 10);
              },
              kind: 'time',
            },
            {
              title: words.remarks,
              show: ({ disputed }) => (disputed === null ? '' : <span class="warn">{words.disputedBy(disputed)}</span>),
            },
          ]}
        />
      )}
    </>
  );
}

function WhatIf({ one: { whatIf } }: { one: Explanation }) {
  const words = useWords();
  if (whatIf.length === 0) return null;
  return (
    <Table
      heading={2}
      caption={words.whatIf}
      rows={whatIf}
      keyOf={row => row.condition}
      columns={[
        { title: words.condition, show: row => <span lang="en">{row.condition}</span> },
        { title: 'IRR', show: row => <Irr of={row.irr} /> },
        { title: 'RPKI', show: row => <Rov of={row.rov} /> },
        {
          title: words.together,
          show: row => <Mark of={term(words.severityOf, row.severity)} as={severityMark(row.severity)} />,
        },
      ]}
    />
  );
}

const NAMED = 5;

function Paths({ one: { paths, morePaths } }: { one: Explanation }) {
  const words = useWords();
  if (paths.length === 0) return null;
  return (
    <>
      <h2>{words.pathsJudged}</h2>
      {paths.map(row => (
        <PathCheck row={row} key={`${pathText(row.path)} ${row.direction} ${row.role}`} />
      ))}
      {morePaths > 0 && <p class="soft">{words.morePaths(morePaths)}</p>}
    </>
  );
}

function PathCheck({ row }: { row: PathRow }) {
  const words = useWords();
  const more = row.peers.length - NAMED;
  const at = [row.peers.slice(0, NAMED).join(', '), more > 0 ? words.and(more) : ''].filter(Boolean).join(' ');
  return (
    <section aria-label={pathText(row.path)}>
      <h3>
        <code>{pathText(row.path)}</code>
      </h3>
      <Facts
        of={[
          [words.heldBy, row.peers.length === 0 ? words.pathAsked : at],
          ['ASPA', <Verdict of={term(words.aspaOf, row.aspa)} bad={row.aspa === 'invalid'} why={row.why} />],
          [words.role, row.role ?? ''],
          [words.rule, row.direction === 'upstream' ? words.goesUp : words.goesUpDown],
          ['ONLY_TO_CUSTOMER', row.otc],
          [words.remarks, row.leak === null ? '' : <span class="bad">{row.leak}</span>],
        ]}
      />
      {row.hops.length > 0 && (
        <Table
          caption={words.hop}
          rows={row.hops}
          keyOf={hop => `${hop.near} ${hop.far}`}
          columns={[
            { title: words.hop, show: hop => `${asText(hop.near)} → ${asText(hop.far)}`, kind: 'id' },
            { title: words.up, show: hop => hop.up },
            { title: words.down, show: hop => hop.down },
          ]}
        />
      )}
    </section>
  );
}

/** The data that it rests on, and what is wrong with it. */
function Basis({ one: { sources, rpki } }: { one: Explanation }) {
  const words = useWords();
  const rows = [
    ...sources.map(({ source, age: old, serial, objects, trouble }) => ({
      ...{ source: `IRR ${source}`, old, serial, trouble },
      what: old === null ? words.nothingLoaded : `${count(objects)} ${words.objects}`,
    })),
    ...rpki.map(({ source, age: old, serial, inUse, trouble }) => ({
      ...{ source: `RPKI ${source}`, old, serial, trouble },
      what: inUse ?? words.noneInUse,
    })),
  ];
  return (
    <>
      {rows.length === 0 ? (
        <>
          <h2>{words.basis}</h2>
          <p>{words.noSources}</p>
        </>
      ) : (
        <Table
          heading={2}
          caption={words.basis}
          rows={rows}
          keyOf={row => row.source}
          columns={[
            { title: words.source, show: row => row.source, kind: 'id' },
            { title: words.what, show: row => row.what },
            { title: words.age, show: row => age(row.old), kind: 'time' },
            { title: words.serial, show: row => row.serial, kind: 'number' },
            { title: words.lastError, show: row => row.trouble !== '' && <span class="warn">{row.trouble}</span> },
          ]}
        />
      )}
    </>
  );
}
