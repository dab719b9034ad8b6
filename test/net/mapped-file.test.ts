import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { mapFile } from '../../src/net/mapped-file.ts';

describe('net/mapped-file', () => {
  it('shows the octets of a file, still when it was closed and unlinked', () => {
    const folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    const file = join(folder, 'file');
    const octets = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
    writeFileSync(file, octets);
    const fd = openSync(file, 'r');
    const mapped = mapFile(fd, octets.length);
    closeSync(fd);
    rmSync(folder, { recursive: true });
    expect(mapped).to.not.equal(null);
    expect(Buffer.compare(mapped!.octets, octets)).to.equal(0);
    expect(mapped!.octets.byteOffset % 4096).to.equal(0);
    mapped!.unmap();
  });

  it('says why a file cannot be mapped', () => {
    expect(() => mapFile(987_654, 10)).to.throw('mmap EBADF');
  });
});
