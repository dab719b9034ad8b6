/** An `http` block: from its statements to the tree and back, and the rules that concern several of them. */
import { isLoopback } from '../net/loopback.ts';
import { identityOf, listensOf } from './endpoint.ts';
import { all, type Entry, entry, first, must, numberIn, placed, text } from './entry.ts';
import type { HttpConfig, HttpRole } from './http-tree.ts';
import type { Report } from './report.ts';

// Below, a word that the schema lists as the only ones possible is taken for its type: it was checked against the list.

/** The tree of a block in which nothing is wrong. */
export function httpOf(block: readonly Entry[]): HttpConfig {
  const [anonymous, risLive] = [first(block, 'anonymous'), first(block, 'ris live')];
  return {
    listen: listensOf(block, 'http'),
    identity: identityOf(first(block, 'identity')),
    tokens: all(block, 'token').map(one => ({
      file: must(text(one, 'file')),
      role: must(text(one, 'httprole')) as HttpRole,
    })),
    anonymous: anonymous === undefined ? null : (must(text(anonymous, 'httprole')) as HttpRole),
    ...(risLive !== undefined && { risLive: { host: text(risLive, 'name') ?? null } }),
    ...(first(block, 'looking glass') !== undefined && { lookingGlass: true }),
    rate: numberIn(block, 'http', 'request rate', 'rate'),
  };
}

/** The statements that make this tree. */
export function httpEntry({ listen, identity, tokens, anonymous, risLive, lookingGlass, rate }: HttpConfig): Entry {
  return entry('global', 'http', {}, [
    ...listen.map(({ address, port }) => entry('http', 'listen', { address, port })),
    ...(identity === null
      ? []
      : [entry('http', 'identity', { file: identity.key, certificate: identity.certificate })]),
    ...tokens.map(({ file, role }) => entry('http', 'token', { file, httprole: role })),
    ...(risLive === undefined ? [] : [entry('http', 'ris live', risLive.host === null ? {} : { name: risLive.host })]),
    ...(lookingGlass === undefined ? [] : [entry('http', 'looking glass', {})]),
    ...(anonymous === null ? [] : [entry('http', 'anonymous', { httprole: anonymous })]),
    entry('http', 'request rate', { rate }),
  ]);
}

/** Tells what is wrong with an `http` block: nothing secret goes over a wire in the clear. */
export function checkHttp(config: readonly Entry[], report: Report): void {
  for (const http of all(config, 'http')) {
    const { block } = http;
    const identity = first(block, 'identity');
    for (const listen of all(block, 'listen')) {
      const address = text(listen, 'address');
      if (address !== undefined && identity === undefined && !isLoopback(address))
        report.error(placed(listen), `others than this machine reach ${address}, expected an \`identity\` beside it`);
    }
    const anonymous = first(block, 'anonymous');
    const known = all(config, 'accept risk').some(one => text(one, 'risk') === 'http-operator');
    if (anonymous !== undefined && text(anonymous, 'httprole') === 'operator' && !known)
      report.warning(
        placed(anonymous),
        'whoever reaches it may do everything; who means it writes `accept risk http-operator;`',
      );
    if (anonymous === undefined && first(block, 'token') === undefined)
      report.warning(placed(http), 'nobody may look at anything, expected a `token` or `anonymous` in its block');
  }
}
