/** One datagram of each format with much of what it can hold: what mutations begin with. */
import { encodeIpfix } from '../../src/flow/ipfix.ts';
import { encodeNetflow5 } from '../../src/flow/netflow5.ts';
import { encodeNetflow9 } from '../../src/flow/netflow9.ts';
import { encodeSflow } from '../../src/flow/sflow.ts';
import { encodeDataRecord, VARIABLE } from '../../src/flow/template.ts';
import { hex, IPV4 } from '../packet/packets.ts';
import { NOW } from './collected.ts';

const field = (element: number, octets: number) => ({ element, enterprise: 0, octets });
const HEADER = { seconds: NOW / 1000, sequence: 0, domain: 5 };
const ENDS = [field(8, 4), field(12, 4)];

/** IPFIX, NetFlow 9, NetFlow 5, sFlow. */
export function flowDatagrams(): Uint8Array[] {
  return [
    encodeIpfix(HEADER, [
      { template: 256, fields: [...ENDS, field(313, VARIABLE), field(230, 1), field(225, 4), field(361, 2)] },
      { options: 257, scope: [field(302, 4)], fields: [field(304, 2), field(311, 8)] },
      {
        data: 256,
        records: [encodeDataRecord([...ENDS, field(313, VARIABLE)], [hex('c0000201'), hex('c6336402'), hex(IPV4)])],
      },
      { data: 257, records: [new Uint8Array(14)] },
    ]),
    encodeNetflow9({ uptime: 1, seconds: 2, sequence: 3, sourceId: 4 }, [
      { template: 256, fields: ENDS },
      { options: 257, scope: [field(1, 4)], fields: [field(48, 1), field(50, 4)] },
      { data: 256, records: [new Uint8Array(8)] },
      { data: 257, records: [new Uint8Array(9)] },
    ]),
    encodeNetflow5({ uptime: 1, seconds: 2, sequence: 3, engine: 4, sampling: 5 }, [
      {
        ...{ source: hex('c0000201'), destination: hex('c6336402'), sourcePort: 1, destinationPort: 2, protocol: 6 },
        ...{ input: 1, output: 2, packets: 1, octets: 40, first: 0, last: 0 },
      },
    ]),
    encodeSflow({ agent: hex('c0000209'), subAgent: 0, sequence: 1, uptime: 0 }, [
      {
        ...{ sequence: 1, rate: 9, drops: 0, input: 3, output: 4, expanded: true, protocol: 11, stripped: 0, vlan: 7 },
        ...{ frameLength: 44, header: hex(IPV4) },
      },
    ]),
  ];
}
