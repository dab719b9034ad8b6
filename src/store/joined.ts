/** One store of two: what machines share in the one, what is this machine's own in the other. */
import { isSharedRead, isSharedWrite } from './postgresql/statements.ts';
import type { Store, StoreReads } from './records.ts';

/** A batch must be of one of them alone: no transaction spans both. */
export function joinStores(own: Store, shared: Store): Store {
  return {
    write(batch) {
      const ofShared = batch.filter(isSharedWrite).length;
      if (ofShared === 0) return own.write(batch);
      if (ofShared === batch.length) return shared.write(batch);
      return Promise.reject(new Error('a transaction cannot span two databases'));
    },
    read: <K extends keyof StoreReads>(what: K, args: StoreReads[K]['args']) =>
      (isSharedRead(what) ? shared : own).read(what, args),
    async close() {
      await shared.close();
      await own.close();
    },
  };
}
