import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { type EndingCertificates, watchEndingCertificates } from '../../src/daemon/ending-certificates.ts';
import { makeCertificate } from '../traceback/certificates.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 2, 1, 12);

describe('daemon/ending-certificates', () => {
  let now: number;
  let said: string[];
  let watch: EndingCertificates;
  beforeEach(() => {
    [now, said] = [NOON, []];
    watch = watchEndingCertificates(((_: string, text: string) => void said.push(text)) as never, () => now);
  });
  afterEach(() => watch.close());

  const made = (days: number, left: number) =>
    makeCertificate(64500, {
      notBefore: new Date(NOON + (left - days) * DAY),
      notAfter: new Date(NOON + left * DAY),
    }).certificate;
  const read = (...all: string[]) => all.map(one => new X509Certificate(one));
  const own = (certificate: string) => ({ certificate });

  it('says from 30 days before its end that the own one ends', () => {
    watch.use(own(made(365, 31)));
    expect([watch.problems(), said]).to.deep.equal([[], []]);
    now += 1.5 * DAY;
    expect(watch.problems()).to.deep.equal([
      'the certificate of this AS ends in 29 days, at 2026-04-01 12:00Z: ' +
        'renew it (`itctl cert renew`, or its authority), then `itctl reload`',
    ]);
    now += 28 * DAY;
    expect(watch.problems()[0]).to.match(/ ends in 1 day, at /);
    watch.use(own(made(365, 31)));
    expect(said).to.have.lengthOf(1);
    now += 5 * DAY;
    expect(watch.problems()[0]).to.match(/ ended at 2026-04-01 12:00Z/);
    watch.use({ ...own(made(365, 31)), site: true });
    expect(watch.problems()[0]).to.match(/^the certificate of this site ended at /);
    watch.use(null);
    expect(watch.problems()).to.deep.equal([]);
  });

  it('says so later of one that is made for a short time', () => {
    watch.use(own(made(9, 3.1)));
    expect(watch.problems()).to.deep.equal([]);
    now += 0.2 * DAY;
    expect(watch.problems()[0]).to.match(/ ends in 2 days/);
  });

  it('says so of what is configured for peers and federations, of the one that ends last', () => {
    watch.use({
      certificate: made(365, 300),
      trust: new Map([
        [64510, read(made(365, 10))],
        [64511, read(made(365, 10), made(365, 300))],
        [64512, []],
      ]),
      authoritiesOf: new Map([['jp-isp', read(made(365, -1), made(365, 2))]]),
    });
    expect(watch.problems()).to.deep.equal([
      'the certificate configured for the peer AS64510 ends in 10 days, at 2026-03-11 12:00Z: ' +
        'put its renewed one in place, then `itctl reload`',
      'the authority of the federation "jp-isp" ends in 2 days, at 2026-03-03 12:00Z: ' +
        'put its renewed certificate in place, then `itctl reload`',
    ]);
    expect(said).to.have.lengthOf(2);
  });
});
