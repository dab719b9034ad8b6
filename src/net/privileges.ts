/** Rights given up for good (capabilities(7), prctl(2)). */
import { callFailed, type Koffi, natively } from './native.ts';

interface PrivilegeCalls {
  drop(): void;
  user(name: string): User | null;
}

/** A user of the system, and the group of its entry. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** _LINUX_CAPABILITY_VERSION_3: two words each of effective, permitted and inheritable capabilities. */
const CAPABILITY_VERSION = 0x20080522;
const PR_SET_NO_NEW_PRIVS = 38;

function load(koffi: Koffi): PrivilegeCalls {
  const libc = koffi.load('libc.so.6');
  const capset = libc.func('int capset(void *, void *)');
  const prctl = libc.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
  const getpwnam = libc.func('void *getpwnam(const char *)');
  return {
    user(name) {
      // struct passwd: two pointers, then the numbers.
      const entry: unknown = getpwnam(name);
      if (entry === null) return null;
      return { uid: koffi.decode(entry, 16, 'uint32_t'), gid: koffi.decode(entry, 20, 'uint32_t') };
    },
    drop() {
      const header = Buffer.alloc(8);
      header.writeUInt32LE(CAPABILITY_VERSION);
      // What is neither permitted nor inheritable leaves the ambient set by itself.
      if (capset(header, Buffer.alloc(24)) < 0) throw callFailed(koffi, 'capset');
      if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) throw callFailed(koffi, 'prctl');
    },
  };
}

const privilegeCalls = natively(load);

/**
 * Gives up every capability of the calling thread, and the way to new ones by executing a program: not even root gets any
 * by it. Other threads keep theirs until they end: an exec ends them all. Throws, in words, when it cannot.
 */
export function dropCapabilities(): void {
  const calls = privilegeCalls();
  if (typeof calls === 'string') throw new Error(calls);
  calls.drop();
}

/** The user of a name (getpwnam(3)); null when there is none. Throws, in words, when the system cannot be asked. */
export function findUser(name: string): User | null {
  const calls = privilegeCalls();
  if (typeof calls === 'string') throw new Error(calls);
  return calls.user(name);
}
