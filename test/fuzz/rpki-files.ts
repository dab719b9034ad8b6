/** JSON of validators, and local exceptions. */
import { readPayloadJson } from '../../src/registry/rpki/payload-json.ts';
import { readSlurm } from '../../src/registry/rpki/slurm.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SEEDS: readonly Uint8Array[] = [
  '{"metadata":{"buildtime":"2026-11-28T23:00:00Z"},"roas":[{"asn":64496,"prefix":"192.0.2.0/24","maxLength":28,"ta":"apnic","expires":1900000000}],"aspas":[{"customer_asid":64500,"providers":[64497,64496]}]}',
  '{"metadata":{"generated":1795906800},"roas":[{"asn":"AS1","prefix":"2001:db8::/32","source":[{"tal":"x"}]}],"routerKeys":[{}],"aspas":[{"customer":"AS2","providers":["AS3"]}]}',
  '{"roas":[],"provider_authorizations":{"ipv4":[{"customer_asid":1,"providers":[2]}],"ipv6":[{"customer_asid":1,"providers":[3]}]}}',
  '{"slurmVersion":2,"validationOutputFilters":{"prefixFilters":[{"prefix":"192.0.2.0/24"},{"asn":1}],"aspaFilters":[{"customerAsn":1}]},"locallyAddedAssertions":{"prefixAssertions":[{"asn":1,"prefix":"10.0.0.0/8","maxPrefixLength":9}],"aspaAssertions":[{"customerAsn":1,"providerAsns":[2]}]}}',
].map(text => Buffer.from(text));

const utf8 = new TextDecoder();

export function rpkiFileTarget(): Target {
  return {
    name: 'JSON of the RPKI',
    seeds: SEEDS,
    mutate,
    judge(input) {
      const text = utf8.decode(input);
      const payloads = readPayloadJson(text, 0);
      const slurm = readSlurm(text);
      // Words of the parser would make every input another one.
      const why = (words: string) => words.replace(/^no JSON.*/s, 'no JSON').replace(/\d+/g, '#');
      return [
        payloads.ok
          ? `${payloads.payloads.vrps.count} ${payloads.payloads.aspas.size} ${payloads.problems.map(why).join()}`
          : why(payloads.why),
        slurm.ok ? `${slurm.slurm.counts.filters} ${slurm.slurm.counts.assertions}` : why(slurm.why),
      ].join('; ');
    },
    begin() {},
  };
}
