/** The filter expression of a capture, as a program for the frames of an interface, or as an error that shows the place. */
import { type BpfProgram, compileFilter, compileFilterAt } from '../../net/bpf.ts';

const ETHERNET = 1;
const RAW_IP = 12;

/**
 * Compiles a filter of pcap-filter(7) for an interface; `cooked`: its frames begin at the IP header. A text says what is
 * wrong, and behind which words of the expression.
 */
export function captureFilter(
  expression: string,
  device: string,
  cooked: boolean,
  snaplen: number,
): BpfProgram | string {
  const linkType = cooked ? RAW_IP : ETHERNET;
  const plain = compileFilter(expression, linkType, snaplen);
  if (typeof plain === 'string') return `${plain}${place(expression, linkType, snaplen)}`;
  if (cooked || !/\bvlan\b/.test(expression)) return plain;
  const here = compileFilterAt(expression, device, snaplen);
  return typeof here === 'string' ? `vlan in a filter: ${here}` : here;
}

/** libpcap tells no place: it is behind the longest beginning, in whole words, that means something by itself. */
function place(expression: string, linkType: number, snaplen: number): string {
  const words = expression.trim().split(/\s+/);
  for (let count = words.length - 1; count > 0; count--) {
    const understood = words.slice(0, count).join(' ');
    if (typeof compileFilter(understood, linkType, snaplen) !== 'string')
      return `: at ${JSON.stringify(words.slice(count).join(' '))}, behind ${JSON.stringify(understood)}`;
  }
  return `: at ${JSON.stringify(words.join(' '))}`;
}
