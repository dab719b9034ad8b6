/** Files as memory: what of a file is touched comes from the page cache, and there is no copy of it in the process. */
import { callFailed, type Koffi, natively } from './native.ts';

export interface MappedFile {
  /** The file's octets. They must not be written to, nor touched after `unmap`; the file must not become shorter. */
  readonly octets: Uint8Array;
  /** munmap(2). */
  unmap(): void;
}

interface MapCalls {
  map(fd: number, octets: number): MappedFile;
}

const PROT_READ = 1;
const MAP_SHARED = 1;
/** Pages are read one by one where they are touched, not many beside them: few of a file are. */
const MADV_RANDOM = 1;
const FAILED = 0xffff_ffff_ffff_ffffn;

function load(koffi: Koffi): MapCalls {
  const libc = koffi.load('libc.so.6');
  const mmap = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = libc.func('int munmap(void *, size_t)');
  const madvise = libc.func('int madvise(void *, size_t, int)');
  return {
    map(fd, octets) {
      const address: unknown = mmap(null, octets, PROT_READ, MAP_SHARED, fd, 0);
      if (koffi.address(address) === FAILED) throw callFailed(koffi, 'mmap');
      madvise(address, octets, MADV_RANDOM);
      return { octets: new Uint8Array(koffi.view(address, octets)), unmap: () => void munmap(address, octets) };
    },
  };
}

const mapCalls = natively(load);

/**
 * Maps the first `octets` octets (at least 1) of an open file to read them. Throws when that fails; null when this machine
 * has no way to map files.
 */
export function mapFile(fd: number, octets: number): MappedFile | null {
  const calls = mapCalls();
  return typeof calls === 'string' ? null : calls.map(fd, octets);
}
