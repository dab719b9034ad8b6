import { expect } from 'chai';
import type { Bus } from '../../src/bus/connection.ts';
import { createPublisher } from '../../src/bus/publisher.ts';
import { until } from '../interop/bgp-peers.ts';

type Take = (error: Error | null, message: { subject: string; data: Uint8Array }) => void;

describe('bus/publisher', () => {
  it('puts nothing into a connection that is lost, and what was under way into it again as soon as it is back', async () => {
    const replies: string[] = [];
    let answer: Take = () => {};
    const connection = {
      subscribe(_: string, { callback }: { callback: Take }) {
        answer = callback;
      },
      publish: (_: string, __: Uint8Array, { reply }: { reply: string }) => void replies.push(reply),
    };
    const bus = { machine: '10-0-0-1', ready: Promise.resolve(connection), up: true, lost: 0, trouble: '' };
    const lines: string[] = [];
    const publisher = createPublisher({
      ...{ bus: bus as unknown as Bus, partitions: 1, life: 1, resync: () => {} },
      log: (_, text) => void lines.push(text),
    });
    let held = true;
    void publisher.tell({ what: 'hello' }).then(() => {
      held = false;
    });
    await until('it is published', () => replies.length === 1);
    expect(held).to.equal(true);
    Object.assign(bus, { up: false, lost: 1 });
    // Without waiting for the five seconds in which the server may answer.
    await until('it is known to be lost', () => publisher.report().again === 1);
    await new Promise(resolve => setTimeout(resolve, 600));
    expect(replies).to.have.length(1);
    await until('who told it is not made to wait for the bus', () => !held);
    expect(publisher.problems()).to.deep.equal(['the bus is not there (); 1 change waits for it']);
    bus.up = true;
    await until('it is published again', () => replies.length === 2);
    answer(null, { subject: replies[1]!, data: Buffer.from('{"seq":1}') });
    await until('it is in the stream', () => publisher.report().waiting === 0);
    expect(publisher.report()).to.include({ published: 1, again: 1 });
    expect(lines).to.deep.equal([]);
    await publisher.close(0);
  });
});
