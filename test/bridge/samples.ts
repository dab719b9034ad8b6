/** Messages as other systems write them. */

export const HASH = '0123456789abcdef0123456789abcdef';

/** A request as another system writes it: prefixes of its own, elements that we do not know, a packet in hex. */
export const FOREIGN = `<?xml version="1.0" encoding="UTF-8"?>
<r:RID xmlns:r="urn:ietf:params:xml:ns:iodef-rid-2.0" xmlns:i="urn:ietf:params:xml:ns:iodef-1.0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x x.xsd" lang="en">
  <r:RIDPolicy MsgType="TraceRequest" MsgDestination="RIDSystem">
    <r:PolicyRegion region="IntraConsortium"/>
    <i:Node><i:Address category="ipv4-addr">192.0.2.3</i:Address></i:Node>
    <r:TrafficType type="Network"/>
    <i:IncidentID name="csirt.example.com"> 207-1 </i:IncidentID>
    <r:ReportSchema Version="1.0">
      <r:XMLDocument dtype="xml" meaning="xml">
        <i:IODEF-Document version="1.00" lang="en">
          <i:Incident purpose="traceback" restriction="need-to-know">
            <i:IncidentID name="csirt.example.com">207-1</i:IncidentID>
            <i:DetectTime>2004-02-02T22:49:24+00:00</i:DetectTime>
            <i:ReportTime>2004-02-02T23:20:24Z</i:ReportTime>
            <i:Description>Host involved in DoS attack</i:Description>
            <i:Assessment><i:Impact severity="low" type="dos"/><i:Confidence rating="numeric">80</i:Confidence></i:Assessment>
            <i:Contact role="creator" type="organization"><i:ContactName>CSIRT</i:ContactName><i:Email>c@example.com</i:Email></i:Contact>
            <i:EventData>
              <i:Unknown/>
              <i:Flow><i:System category="source"><i:Node><i:Address category="asn">AS64500</i:Address></i:Node></i:System></i:Flow>
              <i:Record><i:RecordData>
                <i:DateTime>2004-02-02T22:49:24.5Z</i:DateTime>
                <i:RecordItem dtype="ipv4-packet">450000280001 0000 40 06 0000 c0000201 c0000202
                  0050 0051 00000000 00000000 5002 0000 0000 0000</i:RecordItem>
                <i:RecordItem dtype="string">something else</i:RecordItem>
              </i:RecordData></i:Record>
            </i:EventData>
          </i:Incident>
        </i:IODEF-Document>
      </r:XMLDocument>
    </r:ReportSchema>
  </r:RIDPolicy>
</r:RID>`;

/** As the trace client of PACKTER writes it. */
export const CLIENT = `<?xml version="1.0"?>
<InterTrackMessage type="ClientTraceRequest">
  <ClientTraceRequest>
    <DestinationNode><NodeID idtype="IP"><IPAddress block="loopback" mask="32" version="4">127.0.0.1</IPAddress></NodeID></DestinationNode>
    <SourceNode><NodeID idtype="IP"><IPAddress block="loopback" mask="32" version="4">127.0.0.2</IPAddress></NodeID></SourceNode>
    <TemporarySequenceNumber sec="1269495823" usec="42"/>
    <TTL>16</TTL>
    <PacketDump PayloadLength="32" encodetype="md5" header="ip" iftype="1">${HASH.toUpperCase()}</PacketDump>
    <Options><Option type="type">PACKTER</Option></Options>
  </ClientTraceRequest>
</InterTrackMessage>
`;

/** A datagram of PACKTER that has these hashes, 32 hex digits each. */
export function encodePackter(hashes: readonly string[]): Uint8Array {
  return Buffer.from(hashes.map(hash => `${hash}\n`).join(''), 'latin1');
}
