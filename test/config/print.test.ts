import { expect } from 'chai';
import fc from 'fast-check';
import { diffConfig, formatErrors, parseConfig, printConfig } from '../../src/config/index.ts';
import type { Config } from '../../src/config/tree.ts';
import { config } from './arbitrary.ts';

const read = (text: string): Config => {
  const loaded = parseConfig(text, '/etc/intertrack/intertrackd.conf');
  if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
  return loaded.config;
};

describe('config/print', () => {
  it('reads back every configuration that it prints', () => {
    fc.assert(
      fc.property(config, given => {
        expect(read(printConfig(given))).to.deep.equal(given);
        expect(diffConfig(given, read(printConfig(given)))).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });

  it('writes out defaults, templates and absolute names', () => {
    const text = printConfig(
      read(`
        router id 192.0.2.10; local as 1.10;
        template bgp t { ipv6; passive; description "shared"; hold time 180s; }
        bgp listen;
        protocol bgp p from t { neighbor 2001:DB8:0::1 as 64496; passive no; description "a \\"b\\" \\\\"; };
        irr jpirr { dump "irr/jpirr.db"; }
      `),
    );
    expect(text).to.equal(
      [
        'router id 192.0.2.10;',
        'local as 65546;',
        'log stderr level info;',
        'state "/var/lib/intertrack";',
        'audit retain 730d;',
        'control socket "/run/intertrack/intertrackd.sock";',
        'probe socket "/run/intertrack/itprobe.sock";',
        'bgp listen :: port 179;',
        'protocol bgp p {',
        '    description "a \\"b\\" \\\\";',
        '    neighbor 2001:db8::1 port 179 as 64496;',
        '    local as 65546;',
        '    ipv6;',
        '    hold time 3m;',
        '    connect retry time 30s;',
        '    stale path time 6m;',
        '    long lived stale time 1d;',
        '}',
        'irr JPIRR {',
        '    dump "/etc/intertrack/irr/jpirr.db";',
        '    refresh 1m;',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('hides passwords where it is asked to', () => {
    const given = read(
      'router id 192.0.2.10; local as 1; notify mail { from "a@b.example"; smtp "h"; user "u"; password "hunter2"; }',
    );
    expect(printConfig(given)).to.include('password "hunter2";');
    expect(printConfig(given, { secrets: 'hidden' }))
      .to.include('password "***";')
      .and.not.include('hunter2');
  });

  const families: [string, boolean, boolean][] = [
    ['', true, true],
    ['ipv4;', true, false],
    ['ipv6 yes;', false, true],
    ['ipv4; ipv6;', true, true],
    ['ipv4 no;', false, true],
    ['ipv4 no; ipv6;', false, true],
    ['ipv4 vpn;', true, true],
    ['ipv4 no; ipv6 no; ipv4 flowspec vpn;', false, false],
  ];
  for (const [stated, ipv4, ipv6] of families)
    it(`takes ${stated === '' ? 'no statement' : stated} for ${ipv4 ? 'IPv4' : ''} ${ipv6 ? 'IPv6' : ''}`, () => {
      const [peer] = read(
        `router id 192.0.2.10; local as 1; protocol bgp p { neighbor 192.0.2.1 as 1; ${stated} }`,
      ).peers;
      expect([peer?.ipv4, peer?.ipv6]).to.deep.equal([ipv4, ipv6]);
    });
});
