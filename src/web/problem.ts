/** Errors as objects: problem details (RFC 9457). */
import { STATUS_CODES } from 'node:http';

export const PROBLEM_TYPE = 'application/problem+json';

export interface Problem {
  readonly status: number;
  readonly detail: string;
  /** What could stand there. */
  readonly expected?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** The text of a problem's body. */
export function problemBody({ status, detail, expected }: Problem): string {
  const title = STATUS_CODES[status] ?? 'Error';
  return `${JSON.stringify({ type: 'about:blank', title, status, detail, ...(expected && { expected }) })}\n`;
}
