import { expect } from 'chai';
import type { Action } from '../../src/bgp/errors.ts';
import { inspectMessage } from '../../src/bgp/inspect.ts';
import { formatNlri } from '../../src/bgp/nlri.ts';
import { ACCEPT, DISABLE, DISCARD, IGNORE, message, TABLES, WITHDRAW } from './damaged-updates.ts';

const judge = (bytes: Uint8Array, ebgp: boolean, as4: boolean) => {
  const others = [{ afi: 1, safi: 128 }];
  const ownAddresses = ['192.0.2.9'];
  return inspectMessage(bytes, { as4, ebgp, ipv4: true, ipv6: true, others, ownAddresses, extendedMessage: false });
};

const SOFT: ReadonlySet<Action> = new Set<Action>([ACCEPT, DISCARD]);

describe('damaged UPDATEs', () => {
  for (const [title, rows] of Object.entries(TABLES))
    describe(title, () => {
      for (const [name, parts, clause, external, internal = external] of rows)
        for (const [peer, ebgp, answer] of [
          ['external', true, external],
          ['internal', false, internal],
        ] as const)
          it(`${name}, ${peer}: ${answer}`, () => {
            const bytes = message(parts);
            const { action, notification, errors, body } = judge(bytes, ebgp, parts.as2 !== true);
            const said = notification === null ? action : `${action} ${notification.code}/${notification.subcode}`;
            expect(said).to.equal(answer);
            if (answer === ACCEPT) expect(errors).to.deep.equal([]);
            else expect(errors.map(error => error.clause)).to.include(clause);
            for (const { offset } of errors) expect(offset).to.be.within(19, bytes.length);

            const update = body !== null && 'update' in body ? body.update : null;
            const named = parts.nlri === undefined ? [] : ['198.51.100.0/24'];
            const ours = update!.announced.map(formatNlri);
            if (SOFT.has(action)) expect(ours).to.include.members(named);
            else expect(ours).to.deep.equal([]);
            if (answer === WITHDRAW || answer === IGNORE) {
              const gone = update!.withdrawn.map(formatNlri);
              expect(gone.length).to.be.greaterThan(0);
              expect(gone).to.include.members(named);
            }
            expect(update!.disabled.length > 0).to.equal(answer === DISABLE);
          });
    });
});
