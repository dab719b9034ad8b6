/** An element of an XMPP stream. Names are as they were written, prefixes included. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

/** Bounds of what a server may send: characters of a tag or a text, depth, children of one element. */
const MOST_CHARACTERS = 65_536;
const MOST_DEPTH = 16;
const MOST_CHILDREN = 512;

interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const TAG = /^([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)$/;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g;

/**
 * Reads a stream as it comes (RFC 6120 section 4): the children of its outermost element, each when it is whole. XML is as
 * section 11.1 restricts it: comments, document types and processing instructions end it. The function that is returned
 * takes text and answers what is wrong with it, in words; null: nothing. Nothing is read after a fault.
 */
export function createStreamReader(take: (element: Element) => void): (text: string) => string | null {
  let rest = '';
  let fault: string | null = null;
  const open: Open[] = [];

  function close(): string | null {
    const done = open.pop()!;
    if (open.length === 1) take(done);
    const parent = open.at(-1);
    if (open.length > 1 && parent!.children.push(done) > MOST_CHILDREN) return 'an element has too many children';
    return null;
  }

  function tag(inner: string): string | null {
    if (inner.startsWith('?xml ') && open.length === 0) return null;
    if (/^[!?]/.test(inner)) return 'what it sends is not restricted XML';
    if (inner.startsWith('/')) {
      if (open.at(-1)?.name !== inner.slice(1).trim()) return 'its elements are not nested';
      return open.length === 1 ? 'it has closed the stream' : close();
    }
    const whole = TAG.exec(inner);
    if (whole === null) return 'what it sends is not XML';
    const [, name = '', given = '', empty] = whole;
    const attributes = Object.fromEntries(
      [...given.matchAll(ATTRIBUTE)].map(([, key, value]) => [key!, unescapeXml(value!.slice(1, -1))]),
    );
    if (open.push({ name, attributes, children: [], text: '' }) > MOST_DEPTH) return 'its elements are too deep';
    return empty === '/' ? close() : null;
  }

  /** Takes one text or tag off what has come; false when there is none whole. */
  function step(): boolean {
    const at = rest.indexOf('<');
    if (at !== 0) {
      const text = at < 0 ? rest : rest.slice(0, at);
      // Half an entity waits for its other half.
      const whole = at < 0 ? text.replace(/&[^;]{0,9}$/, '') : text;
      if (whole === '') return false;
      const parent = open.at(-1);
      if (parent !== undefined && open.length > 1) parent.text += unescapeXml(whole);
      if ((parent?.text.length ?? 0) > MOST_CHARACTERS) fault = 'a text is too long';
      rest = rest.slice(whole.length);
      return true;
    }
    const end = rest.indexOf('>');
    if (end < 0) return false;
    const inner = rest.slice(1, end);
    rest = rest.slice(end + 1);
    fault = tag(inner);
    return true;
  }

  return text => {
    rest += text;
    while (fault === null && step());
    if (rest.length > MOST_CHARACTERS) fault ??= 'a tag is too long';
    return fault;
  };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/gi,
    (all, decimal, hex, name: string | undefined) => {
      if (name !== undefined) return ENTITIES[name] ?? all;
      const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
    },
  );
}

/** Text as it stands in an element or, in quotes, an attribute; characters that XML cannot have are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[<>&"']/g, character => `&${Object.entries(ENTITIES).find(([, one]) => one === character)![0]};`);
}

/** The first child of this name. */
export function childOf(element: Element, name: string): Element | undefined {
  return element.children.find(child => child.name === name);
}
