/** Filters in the language of pcap-filter(7), compiled by libpcap: the one that tcpdump uses, so that they mean the same. */
import { type Koffi, natively } from './native.ts';

/** A program of classic BPF: instructions of 8 octets (struct sock_filter). */
export type BpfProgram = Uint8Array<ArrayBuffer>;

interface Libpcap {
  compile(expression: string, linkType: number, snaplen: number): BpfProgram | string;
  compileAt(expression: string, device: string, snaplen: number): BpfProgram | string;
}

/** Octets of struct bpf_program: a count of 4, then a pointer. */
const PROGRAM_OCTETS = 16;
const INSTRUCTION_OCTETS = 8;
/** PCAP_NETMASK_UNKNOWN: `ip broadcast` is then refused instead of being guessed. */
const NO_NETMASK = 0xffffffff;
/** PCAP_ERRBUF_SIZE. */
const ERROR_OCTETS = 256;

function load(koffi: Koffi): Libpcap {
  let pcap: ReturnType<Koffi['load']>;
  try {
    pcap = koffi.load('libpcap.so.0.8');
  } catch {
    throw new Error('a filter needs libpcap.so.0.8, which is not installed (Debian: libpcap0.8)');
  }
  const openDead = pcap.func('void *pcap_open_dead(int, int)');
  const openLive = pcap.func('void *pcap_open_live(const char *, int, int, int, void *)');
  const pcapCompile = pcap.func('int pcap_compile(void *, void *, const char *, int, uint32_t)');
  const errorText = pcap.func('const char *pcap_geterr(void *)');
  const freeCode = pcap.func('void pcap_freecode(void *)');
  const close = pcap.func('void pcap_close(void *)');

  const compileWith = (handle: unknown, expression: string): BpfProgram | string => {
    const program = Buffer.alloc(PROGRAM_OCTETS);
    try {
      if (pcapCompile(handle, program, expression, 1, NO_NETMASK) < 0) return errorText(handle) as string;
      const octets = program.readUInt32LE(0) * INSTRUCTION_OCTETS;
      const code = new Uint8Array(koffi.view(koffi.decode(program, 8, 'void *'), octets)).slice();
      freeCode(program);
      return code;
    } finally {
      close(handle);
    }
  };
  return {
    compile: (expression, linkType, snaplen) => compileWith(openDead(linkType, snaplen), expression),
    compileAt(expression, device, snaplen) {
      const error = Buffer.alloc(ERROR_OCTETS);
      const handle: unknown = openLive(device, snaplen, 0, 1, error);
      return handle === null ? error.toString('utf8', 0, error.indexOf(0)) : compileWith(handle, expression);
    },
  };
}

const libpcap = natively(load);

/**
 * Compiles an expression for frames that begin with the header of a LINKTYPE_ (1: Ethernet, 12: DLT_RAW); the program
 * takes `snaplen` octets of what matches. A text says, in libpcap's words, what is wrong, or that there is no libpcap.
 */
export function compileFilter(expression: string, linkType: number, snaplen: number): BpfProgram | string {
  const calls = libpcap();
  return typeof calls === 'string' ? calls : calls.compile(expression, linkType, snaplen);
}

/**
 * Compiles an expression for an interface as tcpdump does when it captures there, which needs the right to do so: cards
 * and the kernel take VLAN tags off the frame, and only so does libpcap look for `vlan` where they are.
 */
export function compileFilterAt(expression: string, device: string, snaplen: number): BpfProgram | string {
  const calls = libpcap();
  return typeof calls === 'string' ? calls : calls.compileAt(expression, device, snaplen);
}

/** The program without an expression: takes `snaplen` octets of everything. */
export function takeAll(snaplen: number): BpfProgram {
  return instructions([RETURN, 0, 0, snaplen]);
}

/** The program for what this machine sends, and nothing that it receives. Jumps are relative: what follows stays as it is. */
export function takeOutgoing(program: BpfProgram): BpfProgram {
  const only = instructions([LOAD_OCTET, 0, 0, PACKET_TYPE], [JUMP_EQUAL, 1, 0, PACKET_OUTGOING], [RETURN, 0, 0, 0]);
  return Uint8Array.from([...only, ...program]);
}

// Classic BPF (linux/filter.h): operations, and where its ancillary data says how a packet came.
const RETURN = 0x06;
const LOAD_OCTET = 0x30;
const JUMP_EQUAL = 0x15;
const PACKET_TYPE = 0xfffff000 + 4;
const PACKET_OUTGOING = 4;

/** struct sock_filter each: operation, jump if true, jump if false, operand. */
function instructions(...all: readonly [number, number, number, number][]): BpfProgram {
  const code = new Uint8Array(all.length * INSTRUCTION_OCTETS);
  const view = new DataView(code.buffer);
  all.forEach(([operation, yes, no, operand], i) => {
    view.setUint16(i * INSTRUCTION_OCTETS, operation, true);
    view.setUint8(i * INSTRUCTION_OCTETS + 2, yes);
    view.setUint8(i * INSTRUCTION_OCTETS + 3, no);
    view.setUint32(i * INSTRUCTION_OCTETS + 4, operand, true);
  });
  return code;
}
