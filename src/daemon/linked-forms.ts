/**
 * The other forms of a packet that a translator of this AS has changed, and where the probes have seen them. Addresses come
 * from the probes that follow translators and go no further than this file: what goes on are digests.
 */
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { findLayers } from '../packet/find-layers.ts';
import { digestPacket, epochKey } from '../packet/itk1.ts';
import { newLayers } from '../packet/layers.ts';
import { LINKTYPE_RAW } from '../packet/link-headers.ts';
import { tupleOf } from '../packet/packet-tuple.ts';
import { NAT, STRICT } from '../packet/profiles.ts';
import { translatedForm } from '../packet/translated-form.ts';
import type { ProbeAnswer, Vantage } from '../probe/question.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import { epochsOf, intervalOf } from '../traceback/interval.ts';
import type { TraceTranslation } from '../traceback/trace.ts';

/** ms that probes have to tell of translations, and to look for the other forms. */
const TELL = 300;
const LOOK = 1_500;
/** Other forms that are asked for: of a port that many have had within the clocks' error the latest. */
const MOST_FORMS = 4;
type Linked = TraceTranslation['linked'][number];

/** Other forms, before they are looked for. */
export interface LinkedForms extends Pick<TraceTranslation, 'by' | 'way' | 'linked' | 'unreckoned'> {
  /** Digests of the forms outside: what other ASes have seen of a packet that was found inside. */
  readonly outside: readonly { readonly epoch: number; readonly digest: string }[];
}

export interface FrameToLink {
  readonly linkType: number;
  readonly frame: Uint8Array;
  readonly wire: number;
  readonly time: number;
}

/** Asks for the other forms of the innermost packet of a frame. Null when no translator knows of it. */
export async function findForms(
  { frame, linkType, wire, time }: FrameToLink,
  station: Pick<ProbeStation, 'forms'>,
  kernel: DigestKernel,
  secret: Uint8Array,
): Promise<LinkedForms | null> {
  const layers = newLayers();
  findLayers(frame, 0, frame.length, wire, linkType, layers);
  const inner = layers.count - 1;
  const tuple = inner < 0 ? null : tupleOf(frame, layers, inner);
  if (tuple === null) return null;
  const told = await station.forms({ ...tuple, time }, Date.now() + TELL);
  const forms = told.flatMap(one => one.forms).slice(0, MOST_FORMS);
  if (forms.length === 0) return null;

  const linked: Linked[] = [];
  const outside: { epoch: number; digest: string }[] = [];
  const unreckoned = new Set<string>();
  const add = (one: Linked) => {
    if (!linked.some(({ epoch, digest }) => epoch === one.epoch && digest === one.digest)) linked.push(one);
  };
  for (const form of forms) {
    const packet = translatedForm(frame, layers, inner, form);
    if (typeof packet === 'string') {
      unreckoned.add(packet);
      continue;
    }
    for (const epoch of epochsOf(time)) {
      const [layer] = digestPacket(
        ...([kernel, packet, LINKTYPE_RAW, epochKey(secret, epoch), packet.length + wire - frame.length] as const),
        STRICT,
      ).layers;
      if (layer === undefined || !('digest' in layer)) continue;
      add({ epoch, digest: layer.digest, profile: 'strict' });
      if (form.side === 'far') outside.push({ epoch, digest: layer.digest });
    }
  }
  for (const epoch of epochsOf(time)) {
    const layer = digestPacket(kernel, frame, linkType, epochKey(secret, epoch), wire, NAT).layers[inner];
    if (layer !== undefined && 'digest' in layer) add({ epoch, digest: layer.digest, profile: 'nat' });
  }
  return {
    by: told.filter(one => one.forms.length > 0).map(({ probe }) => probe),
    way: forms[0]!.side === 'near' ? 'outward' : 'inward',
    ...{ linked, outside, unreckoned: [...unreckoned] },
  };
}

/** Looks for the packet in both forms. `own`: its digests as it was given. */
export async function seekForms(
  { by, way, linked, unreckoned }: LinkedForms,
  own: readonly { readonly epoch: number; readonly digest: string }[],
  time: number,
  station: Pick<ProbeStation, 'ask'>,
): Promise<TraceTranslation> {
  const interval = intervalOf(time);
  const questions = [...own, ...linked].map(({ epoch, digest }) => ({ epoch, digest, ...interval }));
  const { answers } = await station.ask(questions, Date.now() + LOOK);
  const places = placesOf(answers);
  const ownPlaces = new Set(places.filter(({ question }) => question < own.length).map(({ key }) => key));
  const seen = places.flatMap(({ key, probe, vantage, question }) => {
    const { profile } = linked[question - own.length] ?? {};
    // The digest that both sides have says nothing where the packet itself was seen.
    if (profile === undefined || (profile === 'nat' && ownPlaces.has(key))) return [];
    return [{ probe, direction: vantage.direction, neighbor: vantage.neighbor, profile }];
  });
  // What was seen by the strict digest needs no other.
  const strict = seen.filter(({ profile }) => profile === 'strict');
  const shown = strict.length > 0 ? strict : seen;
  const once = new Map(shown.map(one => [JSON.stringify(one), one]));
  return { by, way, linked, unreckoned, seen: [...once.values()], both: once.size > 0 && ownPlaces.size > 0 };
}

interface PlaceSeen {
  /** Probe and vantage. */
  readonly key: string;
  readonly probe: string;
  readonly vantage: Vantage;
  readonly question: number;
}

function placesOf(answers: readonly ProbeAnswer[]): PlaceSeen[] {
  return answers.flatMap(({ probe, sightings }) =>
    sightings.map(({ vantage, question }) => ({
      key: `${probe} ${vantage.direction} ${vantage.neighbor}`,
      ...{ probe, vantage, question },
    })),
  );
}
