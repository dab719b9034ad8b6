/** Which alerts are traced: `on alert …` of a configuration. */
import type { IdsConfig } from '../../config/tree.ts';
import type { EveAlert } from './eve.ts';

type Rules = Pick<IdsConfig, 'signatures' | 'texts' | 'categories' | 'severity'>;

/** True when one of the rules names the alert. */
export function alertRules({ signatures, texts, categories, severity }: Rules): (alert: EveAlert) => boolean {
  const numbers = new Set(signatures);
  const kinds = new Set(categories.map(one => one.toLowerCase()));
  const patterns = texts.map(one => one.toLowerCase().split('*'));
  return alert =>
    numbers.has(alert.signature) ||
    (severity !== null && alert.severity <= severity) ||
    kinds.has(alert.category.toLowerCase()) ||
    patterns.some(pieces => inOrder(alert.text.toLowerCase(), pieces));
}

/** The pieces stand in the text one after the other. A search for each, so that no pattern takes long. */
function inOrder(text: string, pieces: readonly string[]): boolean {
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return true;
}
