/** What is wrong with a BMP message. BMP runs one way: nothing is answered, the fault is counted and shown. */
export interface BmpError {
  /** Of the bad octet, counted from the start of the message. */
  readonly offset: number;
  /** The text that makes it an error: RFC and section. */
  readonly clause: string;
  readonly what: string;
}

/** True for the error half of a decoder's answer. */
export function isBmpError(answer: object): answer is BmpError {
  return 'clause' in answer;
}

/** `octet 5: message type 9 (RFC 7854 4.1)`. */
export function formatBmpError({ offset, what, clause }: BmpError): string {
  return `octet ${offset}: ${what} (${clause})`;
}
