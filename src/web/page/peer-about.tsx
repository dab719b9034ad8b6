/** All about one AS of the graph: its session, its words of itself, what was measured, and who would be asked behind it. */
import type { TracebackFrontier } from '../../control/traceback-rows.ts';
import { order } from './api.ts';
import { type Reading, useWords } from './context.ts';
import { OrderButton } from './order-button.tsx';
import { Figures, Read } from './parts.tsx';
import { honestyText, type PeerLine } from './peer-table.tsx';
import { useRole } from './role.ts';
import { asText, count, instant } from './show.ts';

interface About {
  readonly as: number;
  readonly line: PeerLine | undefined;
  readonly frontier: Reading<TracebackFrontier>;
  readonly changed: () => void;
}

export function PeerAbout({ as, line, frontier, changed }: About) {
  const words = useWords();
  const role = useRole();
  const { peer, record, honesty } = line ?? {};
  const roles = peer?.open?.roles ?? record?.record.roles ?? [];
  const methods = peer?.open?.methods ?? record?.record.methods ?? [];
  const facts: (readonly [string, string])[] = [
    [words.state, line === undefined ? words.standings.absent : words.standings[line.standing]],
    [words.believed, record == null ? '' : words.beliefs[record.believed]],
    [words.federations, record?.record.federations.join(', ') ?? ''],
    [words.roles, roles.join(', ')],
    [words.methods, methods.join(', ')],
    [words.recordUntil, instant(record?.record.expires ?? null)],
    [words.policy, peer === undefined ? '' : `in ${peer.in}, out ${peer.out}, ${count(peer.rate)}/s`],
    [words.honesty, honestyText(honesty, words)],
  ];
  return (
    <section class="about">
      <h2>
        {words.chosen} {asText(as)}
      </h2>
      <Figures of={facts.filter(([, value]) => value !== '')} />
      {honesty?.contradictions.map(text => (
        <p class="bad" key={text}>
          {text}
        </p>
      ))}
      {peer !== undefined && role === 'operator' && (
        <div class="tools">
          <Session as={as} what="clear" name={words.clearSession} changed={changed} />
          {peer.disabled === null ? (
            <Session as={as} what="disable" name={words.disableSession} changed={changed} />
          ) : (
            <Session as={as} what="enable" name={words.enableSession} changed={changed} />
          )}
        </div>
      )}
      <h3>{words.frontier}</h3>
      <Read of={frontier}>{value => <Frontier of={value} />}</Read>
    </section>
  );
}

function Session({
  as,
  what,
  name,
  changed,
}: {
  as: number;
  what: 'clear' | 'disable' | 'enable';
  name: string;
  changed: () => void;
}) {
  return (
    <OrderButton
      name={name}
      question={`${name} (${asText(as)})`}
      carryOut={() => order(`${what} traceback`, { as: String(as) })}
      then={changed}
    />
  );
}

/** Who would be asked for packets from this neighbour, wave by wave. */
function Frontier({ of: { groups, reasons, takesPart } }: { of: TracebackFrontier }) {
  const words = useWords();
  const waves = groups.flatMap(group => group.waves);
  return (
    <>
      {takesPart && <p>{words.askedItself}</p>}
      {waves.length > 0 && (
        <ol>
          {waves.map((wave, i) => (
            <li key={i}>
              {wave
                .map(({ as, cone, latency, adjacent, hits }) =>
                  [
                    asText(as),
                    ...(cone === null ? [] : [words.cone(cone)]),
                    ...(latency === null ? [] : [`${Math.round(latency)} ms`]),
                    ...(adjacent ? [words.toldItsWay] : []),
                    ...(hits > 0 ? [words.hits(hits)] : []),
                  ].join(', '),
                )
                .join('; ')}
            </li>
          ))}
        </ol>
      )}
      {groups.map(({ behind, passed, beyond }) =>
        passed.length === 0 && beyond === 0 ? null : (
          <p key={behind} class="soft">
            {words.passedAndBeyond(passed.map(asText).join(' '), beyond)}
          </p>
        ),
      )}
      {reasons.map(text => (
        <p key={text} class="soft">
          {text}
        </p>
      ))}
      {groups.length === 0 && reasons.length === 0 && <p>{words.nobody}</p>}
    </>
  );
}
