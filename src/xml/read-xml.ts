/**
 * Reads XML from strangers: strictly well-formed (XML 1.0, Namespaces in XML 1.0), without a DOCTYPE, so that there are no
 * entities but the five of XML, and within bounds. A tree of plain data, or what is wrong and where.
 */
import { type SaxesAttributeNS, SaxesParser } from 'saxes';

export interface XmlElement {
  /** Namespace URI; empty: none. */
  readonly space: string;
  /** Local name. */
  readonly name: string;
  /** By local name, those without a namespace; the rest, such as `xml:lang` and `xsi:schemaLocation`, are left out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text that stands right in it, all pieces of it. */
  readonly text: string;
}

export interface XmlFault {
  readonly wrong: string;
  /** Line and column, from 1 and from 0. */
  readonly line: number;
  readonly column: number;
}

export interface XmlBounds {
  /** UTF-16 code units of the document. */
  readonly length: number;
  /** How deep elements may stand in each other, and how many there may be. */
  readonly depth: number;
  readonly elements: number;
}

const XML_BOUNDS: XmlBounds = { length: 1 << 20, depth: 32, elements: 10_000 };

interface Open {
  readonly space: string;
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** Never throws. A fault ends the reading at once. */
export function readXml(text: string, bounds: XmlBounds = XML_BOUNDS): XmlElement | XmlFault {
  if (text.length > bounds.length) return { wrong: `longer than ${bounds.length} characters`, line: 1, column: 0 };
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: XmlElement | null = null;
  let fault: XmlFault | null = null;
  let elements = 0;
  const stop = (wrong: string): never => {
    fault ??= { wrong, line: parser.line, column: parser.column };
    throw STOP;
  };
  parser.on('error', error => stop(error.message.replace(/^\d+:\d+: /, '')));
  parser.on('doctype', () => stop('has a DOCTYPE'));
  parser.on('processinginstruction', () => stop('has a processing instruction'));
  parser.on('opentag', tag => {
    if (++elements > bounds.elements) stop(`has more than ${bounds.elements} elements`);
    if (open.length >= bounds.depth) stop(`is deeper than ${bounds.depth} elements`);
    const attributes: Record<string, string> = Object.create(null);
    for (const one of Object.values(tag.attributes) as SaxesAttributeNS[])
      if (one.prefix === '' && one.name !== 'xmlns') attributes[one.local] = one.value;
    open.push({ space: tag.uri, name: tag.local, attributes, children: [], text: '' });
  });
  parser.on('text', piece => {
    const inner = open.at(-1);
    if (inner !== undefined) inner.text += piece;
  });
  parser.on('cdata', piece => {
    const inner = open.at(-1);
    if (inner !== undefined) inner.text += piece;
  });
  parser.on('closetag', () => {
    const closed = open.pop()!;
    const outer = open.at(-1);
    if (outer === undefined) root = closed;
    else outer.children.push(closed);
  });
  try {
    // In pieces: what is wrong at the beginning ends it before the rest is looked at.
    for (let at = 0; at < text.length; at += PIECE) parser.write(text.slice(at, at + PIECE));
    parser.close();
  } catch (error) {
    if (error !== STOP) return { wrong: (error as Error).message, line: parser.line, column: parser.column };
  }
  return fault ?? root ?? { wrong: 'has no element', line: 1, column: 0 };
}

const STOP = new Error('stopped');
const PIECE = 4096;

/** The children of this name in the namespace of the element itself, or in another. */
export function childrenOf(of: XmlElement, name: string, space = of.space): readonly XmlElement[] {
  return of.children.filter(child => child.name === name && child.space === space);
}

/** The first child of this name; undefined when there is none. */
export function childOf(of: XmlElement | undefined, name: string, space = of?.space): XmlElement | undefined {
  return of?.children.find(child => child.name === name && child.space === space);
}

/** The element at the end of a way of names; undefined where the way breaks off. */
export function elementAt(of: XmlElement | undefined, ...names: readonly string[]): XmlElement | undefined {
  return names.reduce<XmlElement | undefined>((at, name) => childOf(at, name), of);
}
