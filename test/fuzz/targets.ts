import { alertAndTranslationTarget } from './alerts-and-translations.ts';
import { bgpMessageTarget } from './bgp-messages.ts';
import { bmpStreamTarget } from './bmp-stream.ts';
import { bridgedMessageTarget } from './bridged-messages.ts';
import { contactTarget } from './contact-answers.ts';
import { flowDatagramTarget } from './flow-datagrams.ts';
import { frameRoadTarget } from './frame-roads.ts';
import { mirroredFrameTarget } from './mirrored-frames.ts';
import { mrtFileTarget } from './mrt-files.ts';
import { neighborTarget } from './neighbor-sources.ts';
import { nrtm3Target } from './nrtm3-streams.ts';
import { nrtm4Target } from './nrtm4-files.ts';
import { packetCaptureTarget, packetSeeds } from './packet-captures.ts';
import { replayedFileTarget } from './replayed-files.ts';
import { routePathTarget } from './route-path.ts';
import { rpkiFileTarget } from './rpki-files.ts';
import { rpslTarget } from './rpsl-files.ts';
import { rtrTarget } from './rtr-streams.ts';
import { sealedFilterTarget } from './sealed-filters.ts';
import { bmpSeeds, messageSeeds, mrtSeeds } from './seeds.ts';
import type { Target } from './target.ts';
import { tracedWordTarget, traceMessageTarget } from './trace-messages.ts';
import { whoisTarget } from './whois-lines.ts';

/** Every target; `small`: of the messages, only the written ones to begin with. */
export function targets(small: boolean): Target[] {
  const messages = messageSeeds(small);
  return [
    bgpMessageTarget(messages),
    routePathTarget(messages),
    bmpStreamTarget(bmpSeeds()),
    mrtFileTarget(mrtSeeds()),
    replayedFileTarget(mrtSeeds()),
    nrtm3Target(),
    nrtm4Target(),
    rpslTarget(),
    rtrTarget(),
    rpkiFileTarget(),
    whoisTarget(),
    contactTarget(),
    packetCaptureTarget(packetSeeds()),
    frameRoadTarget(packetSeeds()),
    mirroredFrameTarget(),
    flowDatagramTarget(),
    alertAndTranslationTarget(),
    sealedFilterTarget(),
    neighborTarget(),
    traceMessageTarget(),
    tracedWordTarget(),
    bridgedMessageTarget(),
  ];
}
