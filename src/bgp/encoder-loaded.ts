/**
 * Whether this thread could write an announcement: the encoder (announce.ts) says so here as it is loaded, by whomever and on
 * whatever way. This file alone can be asked without loading it.
 */
let loaded: number | null = null;

/** Says that the encoder is loaded; to be called by nobody else. */
export function noteEncoder(): void {
  loaded ??= Date.now();
}

/** When the encoder was loaded into this thread, milliseconds since the epoch; null when it was not. */
export function encoderLoadedAt(): number | null {
  return loaded;
}
