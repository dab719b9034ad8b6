/**
 * Templates of one exporter's observation domain, or source ID. They come over and over, may change and must be forgotten
 * (RFC 7011 section 8.4, RFC 3954 section 9); what a hostile exporter can make them take is bounded.
 */
import type { Template } from './template.ts';

/** Templates and fields of all of them that are held at once. */
export const MOST_TEMPLATES = 512;
const MOST_FIELDS_HELD = 16_384;
/**
 * A template that was not repeated for so long is not believed any more: three times the half hour after which routers
 * repeat it (RFC 7011 section 8.4).
 */
export const TEMPLATE_LIFE = 90 * 60_000;

interface Held {
  readonly template: Template;
  refreshed: number;
}

export interface TemplateCache {
  readonly count: number;
  /** The template of a data set; undefined when it is not known, or too old. `now` in ms. */
  get(id: number, now: number): Template | undefined;
  /** Takes a template; returns how many others had to go for it. */
  put(template: Template, now: number): number;
  /** Forgets a template. */
  withdraw(id: number): void;
  /** Forgets all of them: those of flows, or those of options. */
  withdrawAll(options: boolean): void;
}

/** An empty cache. */
export function templateCache(): TemplateCache {
  // In the order of their last repetition.
  const held = new Map<number, Held>();
  let fields = 0;

  const drop = (id: number) => {
    fields -= held.get(id)?.template.fields.length ?? 0;
    held.delete(id);
  };

  return {
    get count() {
      return held.size;
    },
    get(id, now) {
      const known = held.get(id);
      if (known === undefined) return undefined;
      // A clock that stepped back makes nothing older.
      if (now - known.refreshed <= TEMPLATE_LIFE) return known.template;
      drop(id);
      return undefined;
    },
    put(template, now) {
      drop(template.id);
      held.set(template.id, { template, refreshed: now });
      fields += template.fields.length;
      let gone = 0;
      while (held.size > MOST_TEMPLATES || fields > MOST_FIELDS_HELD) {
        drop(held.keys().next().value!);
        gone++;
      }
      return gone;
    },
    withdraw: drop,
    withdrawAll(options) {
      for (const [id, { template }] of held) if (template.scopeFields > 0 === options) drop(id);
    },
  };
}
