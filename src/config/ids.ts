/** `ids NAME { … }`: from entries to the typed tree and back. */
import { all, type Entry, entry, first, list, must, number, numberIn, optional, text, textIn } from './entry.ts';
import type { IdsConfig } from './tree.ts';
import { readBudget, showBudget } from './units.ts';

/** The tree of one `ids` block in which nothing is wrong. */
export function idsOf(ids: Entry): IdsConfig {
  const { block } = ids;
  const severity = first(block, 'on alert severity');
  return {
    name: must(text(ids, 'name')),
    eveFiles: all(block, 'eve file').map(one => must(text(one, 'file'))),
    eveSockets: all(block, 'eve socket').map(one => ({
      path: must(text(one, 'socket')),
      ...groupOf(one),
      kind: must(text(one, 'evesocket')) as IdsConfig['eveSockets'][number]['kind'],
    })),
    spools: all(block, 'spool').map(one => must(text(one, 'directory'))),
    signatures: all(block, 'on alert signature').flatMap(one => list(one, 'signature').map(Number)),
    texts: all(block, 'on alert text').map(one => must(text(one, 'text'))),
    categories: all(block, 'on alert category').map(one => must(text(one, 'text'))),
    severity: severity === undefined ? null : must(number(severity, 'severity')),
    packets: numberIn(block, 'ids', 'packets', 'count'),
    budget: must(readBudget(textIn(block, 'ids', 'budget', 'budget')) ?? undefined),
  };
}

function groupOf(socket: Entry): { readonly group?: string } {
  const group = first(socket.block, 'group');
  return optional('group', group && text(group, 'usergroup'));
}

/** The entry that says what the tree holds. */
export function idsEntry(ids: IdsConfig): Entry {
  return entry('global', 'ids', { name: ids.name }, [
    ...ids.eveFiles.map(file => entry('ids', 'eve file', { file })),
    ...ids.eveSockets.map(({ path, group, kind }) =>
      entry(
        'ids',
        'eve socket',
        { socket: path, evesocket: kind },
        group === undefined ? [] : [entry('socket', 'group', { usergroup: group })],
      ),
    ),
    ...ids.spools.map(directory => entry('ids', 'spool', { directory })),
    ...(ids.signatures.length > 0 ? [entry('ids', 'on alert signature', { signature: ids.signatures })] : []),
    ...ids.texts.map(one => entry('ids', 'on alert text', { text: one })),
    ...ids.categories.map(one => entry('ids', 'on alert category', { text: one })),
    ...(ids.severity === null ? [] : [entry('ids', 'on alert severity', { severity: ids.severity })]),
    entry('ids', 'packets', { count: ids.packets }),
    entry('ids', 'budget', { budget: showBudget(ids.budget) }),
  ]);
}
