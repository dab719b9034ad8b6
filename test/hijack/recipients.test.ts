import { expect } from 'chai';
import type { MailConfig, WatchConfig } from '../../src/config/tree.ts';
import { evidenceOf, MAX_EVIDENCE, MAX_TEXT } from '../../src/hijack/evidence.ts';
import { MAX_RECIPIENTS, recipientsOf } from '../../src/hijack/recipients.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import type { RouteObject } from '../../src/registry/objects.ts';
import { watchOf } from '../config/watch.ts';

const object = (more: Partial<RouteObject>): RouteObject => ({
  source: 'JPIRR',
  prefix: parsePrefix('192.0.2.0/24')!,
  origin: 64496,
  mntBy: ['MAINT-A'],
  holes: [],
  memberOf: [],
  keiro: [],
  notify: [],
  descr: '',
  text: 'route: 192.0.2.0/24',
  ...more,
});
const watch = (group: string | null): WatchConfig => watchOf('w', { group });
const mail = (...to: MailConfig['to']): MailConfig => ({
  kind: 'mail',
  from: 'keiro@example.net',
  relays: [{ host: '127.0.0.1', port: 25 }],
  tls: 'none',
  to,
  languages: ['en'],
  retry: 1000,
});
const groups = [
  { name: 'noc', mail: ['noc@example.net', 'a@example.jp'] },
  { name: 'other', mail: ['other@example.net'] },
];

describe('hijack/recipients', () => {
  const objects = [
    object({ keiro: ['a@example.jp', 'b@example.jp'], notify: ['n@example.jp'] }),
    object({ keiro: ['B@Example.jp'], notify: ['a@example.jp'] }),
  ];
  it('are those of the maintainers where an object inherits them, told so', () => {
    const inherited = [{ mntner: 'MAINT-A', addresses: ['m@example.jp', 'a@example.jp'] }];
    const both = [object({ keiro: ['a@example.jp'] }), object({ inherited })];
    expect(recipientsOf(both, [watch(null)], groups, [mail('x-keiro')])).to.deep.equal([
      { address: 'a@example.jp', because: 'x-keiro' },
      { address: 'm@example.jp', because: 'x-keiro of MAINT-A' },
    ]);
    expect(recipientsOf(both, [watch('noc')], groups, [mail('group')]).map(({ because }) => because)).to.deep.equal([
      'group noc',
      'group noc',
    ]);
  });
  it('are the group of the watch, X-Keiro and notify, each once with its reason', () => {
    expect(
      recipientsOf(objects, [watch('noc'), watch(null)], groups, [mail('x-keiro', 'group'), mail('notify')]),
    ).to.deep.equal([
      { address: 'noc@example.net', because: 'group noc' },
      { address: 'a@example.jp', because: 'group noc' },
      { address: 'b@example.jp', because: 'x-keiro' },
      { address: 'n@example.jp', because: 'notify' },
    ]);
  });
  it('are only those that some notify block names', () => {
    expect(recipientsOf(objects, [watch('noc')], groups, [mail('x-keiro')]).map(r => r.because)).to.deep.equal([
      'x-keiro',
      'x-keiro',
    ]);
    expect(recipientsOf(objects, [watch('noc')], groups, [])).to.deep.equal([]);
  });
  it('are bounded, and strangers do not crowd out the group', () => {
    const flood = Array.from({ length: 20 }, (_, i) =>
      object({ keiro: Array.from({ length: 16 }, (_, j) => `k${i}.${j}@example.jp`) }),
    );
    const told = recipientsOf(flood, [watch('noc')], groups, [mail('x-keiro', 'group')]);
    expect(told).to.have.length(MAX_RECIPIENTS);
    expect(told[0]!.address).to.equal('noc@example.net');
  });
});

describe('hijack/evidence', () => {
  it('freezes objects as they stand', () =>
    expect(evidenceOf([object({})])).to.deep.equal([
      {
        source: 'JPIRR',
        prefix: '192.0.2.0/24',
        origin: 64496,
        maintainers: ['MAINT-A'],
        text: 'route: 192.0.2.0/24',
      },
    ]));
  it('is bounded, and says what it cut off', () => {
    const [first, ...rest] = evidenceOf(Array.from({ length: 99 }, () => object({ text: 'x'.repeat(MAX_TEXT + 5) })));
    expect(rest).to.have.length(MAX_EVIDENCE - 1);
    expect(first!.text).to.match(/x\n\(5 characters cut off\)$/);
  });
});
