/** Writes XML (XML 1.0, Namespaces in XML 1.0): elements as text, with whatever stands in them escaped. */

export type Attributes = Readonly<Record<string, string>>;
/** An element, already as text; empty: none. */
export type Xml = string;

/** An element with its content: elements in their order, or a text that is escaped. */
export function element(tag: string, attributes: Attributes, content: readonly Xml[] | string): Xml {
  const given = Object.entries(attributes).map(([name, value]) => ` ${name}="${inAttribute(value)}"`);
  const inner = typeof content === 'string' ? escaped(content) : content.join('');
  return inner === '' ? `<${tag}${given.join('')}/>` : `<${tag}${given.join('')}>${inner}</${tag}>`;
}

/** A document of one root, with its XML declaration; in UTF-8 when written so. */
export const document = (root: Xml): string => `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;

/** XML 1.0 section 2.2: what may stand in a document at all; the rest, and half a surrogate pair, becomes U+FFFD. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // As they are they would be read as blanks in an attribute, or as another line end in a text.
  '\t': '&#9;',
  '\r': '&#13;',
};

/** A text between double quotes: a line end that is no reference would be read as a blank. */
const inAttribute = (text: string): string => escaped(text).replaceAll('\n', '&#10;');

/** A text as it may stand in an element. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"\t\r]/g, found => ESCAPES[found]!);
}
