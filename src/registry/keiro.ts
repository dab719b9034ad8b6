import { isAddrSpec, splitAddresses } from './addr-spec.ts';
import { quote, type RpslAttribute, type RpslObject, type RpslProblem } from './rpsl.ts';

/** Addresses taken from one object; what is beyond is refused. Real objects have one to four. */
export const MAX_ADDRESSES = 16;

/**
 * X-Keiro as JPIRR's registrants write it: a line of `descr:` or `remarks:`, most often a continuation line, in any case
 * and with or without blanks round the colon, which may be a full-width one; or a true attribute of that name.
 */
const KEIRO_LINE = /^x-keiro\s*[:\uff1a]\s*(.+)$/is;

/** A list that goes on in the next line. */
const OPEN_LIST = /[,;\u3001\uff0c\uff1b]\s*$/;

/** The X-Keiro addresses of an object of any class, each once, and those that are no safe address. */
export function keiroOf({ attributes }: RpslObject): {
  readonly addresses: readonly string[];
  readonly refused: readonly RpslProblem[];
} {
  const addresses: string[] = [];
  const refused: RpslProblem[] = [];
  for (const attribute of attributes) addKeiro(addresses, attribute, refused);
  return { addresses, refused };
}

/** Adds the X-Keiro addresses of one attribute to `keiro`, and what is wrong with others to `refused`. */
export function addKeiro(keiro: string[], { name, value, line }: RpslAttribute, refused: RpslProblem[]): void {
  if (name === 'x-keiro') {
    addAddresses(keiro, value, name, line, refused);
    return;
  }
  let at = 0;
  /** The line above is X-Keiro's and ends in a comma: this one goes on with its list. */
  let open = false;
  for (let below = 0; at <= value.length; below++) {
    let end = value.indexOf('\n', at);
    if (end < 0) end = value.length;
    // One look at the first letter (an x) spares nearly every line of a registry the regular expression.
    if (open || (value.charCodeAt(at) | 0x20) === 0x78) {
      const text = value.slice(at, end);
      const list = KEIRO_LINE.exec(text)?.[1] ?? (open ? text : '');
      open = OPEN_LIST.test(list);
      if (list !== '') addAddresses(keiro, list, 'X-Keiro', line + below, refused);
    }
    at = end + 1;
  }
}

/** Adds the plain mail addresses of an attribute's value to `to`, each once, and what is wrong with others to `refused`. */
export function addAddresses(to: string[], value: string, name: string, line: number, refused: RpslProblem[]): void {
  for (const word of splitAddresses(value)) {
    if (to.length >= MAX_ADDRESSES) {
      refused.push({ line, why: `${name}: more than ${MAX_ADDRESSES} addresses, the rest is refused` });
      return;
    }
    if (!isAddrSpec(word)) refused.push({ line, why: `${name}: ${quote(word)} is no plain mail address: refused` });
    else if (!to.some(known => known.toLowerCase() === word.toLowerCase())) to.push(word);
  }
}
