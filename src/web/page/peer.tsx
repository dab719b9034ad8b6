/** How good a feed one peer is, and what cannot be known of it. */
import type { QualityRow } from '../../collector/quality.ts';
import { useAsk, useWords } from './context.ts';
import { Facts, Read, Table } from './parts.tsx';
import { PeerState } from './peer-state.tsx';
import { hashOf } from './place.ts';
import { asText, count, instant, percent } from './show.ts';

export function PeerView({ id }: { id: string }) {
  const words = useWords();
  const reading = useAsk<QualityRow>('show peer quality', { peer: id }, 10_000);
  return (
    <>
      <h1>{words.qualityHead(id)}</h1>
      <Read of={reading}>{one => <Quality one={one} />}</Read>
      <p>
        <a href={hashOf('overview')}>{words.overview}</a>
      </p>
    </>
  );
}

function Quality({ one }: { one: QualityRow }) {
  const words = useWords();
  const { history, stuck } = one;
  const known = Date.now() - history.since;
  return (
    <>
      {one.remarks.length === 0 ? (
        <p class="good">{words.feedGood}</p>
      ) : (
        <section aria-labelledby="remarks">
          <h2 id="remarks" class="bad">
            {words.feedRemarks}
          </h2>
          <ul class="box" lang="en">
            {one.remarks.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
      <Facts
        of={[
          [words.state, <PeerState of={one.state} />],
          [words.since, instant(one.since)],
          [words.as, asText(one.as)],
          [words.address_, <code>{one.address}</code>],
          [words.routesHeld, count(one.routes)],
          [words.leftOfTable, percent(one.left)],
          [words.falls, count(history.fallsLastHour)],
          [words.upFor, known > 0 ? percent(Math.min(1, history.up / known)) : ''],
          [words.nearMisses, count(one.nearMisses)],
          [words.malformed, count(one.quarantined)],
          [words.stuck, 'why' in stuck ? `${words.notCompared}: ${stuck.why}` : count(stuck.count)],
        ]}
      />
      {!('why' in stuck) && stuck.prefixes.length > 0 && (
        <Table
          caption={words.stuck}
          rows={stuck.prefixes}
          keyOf={row => row.prefix}
          columns={[
            { title: words.prefix, show: row => row.prefix, kind: 'code' },
            { title: words.since, show: row => instant(row.since), kind: 'time' },
          ]}
        />
      )}
      {one.unknown.length > 0 && (
        <>
          <h2>{words.feedUnknown}</h2>
          <ul lang="en">
            {one.unknown.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
