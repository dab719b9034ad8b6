import { createHash, type KeyObject, verify } from 'node:crypto';

/** RFC 6376 section 3.4.2: relaxed header. */
const relaxedHeader = (field: string): string => {
  const colon = field.indexOf(':');
  const name = field.slice(0, colon).trim().toLowerCase();
  return `${name}:${field
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim()}`;
};

/** Section 3.4.4: relaxed body. */
const relaxedBody = (body: string): string =>
  body
    .replace(/[ \t]+(?=\r\n)/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/(\r\n)*$/, '')
    .replace(/(?<!^)$/, '\r\n');

/**
 * Whether a mail's DKIM signature holds (RFC 6376 section 6.1, relaxed/relaxed), with its domain and selector; or in words why
 * it does not.
 */
export function dkimOf(raw: Buffer, key: KeyObject): { readonly d: string; readonly s: string } | string {
  const text = raw.toString('latin1');
  const split = text.indexOf('\r\n\r\n');
  const fields = text.slice(0, split).split(/\r\n(?![ \t])/);
  const signature = fields.find(field => /^dkim-signature:/i.test(field));
  if (signature === undefined) return 'not signed';
  const value = signature.slice(signature.indexOf(':') + 1).replace(/\s+/g, '');
  const tags = new Map(value.split(';').map(tag => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]));
  if (tags.get('c') !== 'relaxed/relaxed') return `canonicalisation ${tags.get('c')}`;
  const hash = createHash('sha256')
    .update(relaxedBody(text.slice(split + 4)), 'latin1')
    .digest('base64');
  if (hash !== tags.get('bh')) return 'the body is not what was signed';
  const left = [...fields];
  const signed = tags
    .get('h')!
    .split(':')
    .flatMap(name => {
      const at = left.findLastIndex(field => field.toLowerCase().startsWith(`${name.toLowerCase()}:`));
      return at < 0 ? [] : [`${relaxedHeader(left.splice(at, 1)[0]!)}\r\n`];
    });
  const own = relaxedHeader(signature).replace(/([;:]\s*b=)[^;]*/, '$1');
  const octets = Buffer.from(signed.join('') + own, 'latin1');
  if (!verify('sha256', octets, key, Buffer.from(tags.get('b')!, 'base64'))) return 'the signature does not hold';
  return { d: tags.get('d')!, s: tags.get('s')! };
}
