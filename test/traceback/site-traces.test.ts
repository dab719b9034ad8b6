import { expect } from 'chai';
import { createTracesAtItm } from '../../src/traceback/site-traces.ts';
import type { SiteMessage } from '../../src/traceback/site-wire.ts';
import { asked } from './ases.ts';

describe('traceback/site-traces', () => {
  it('gives up a trace of which nothing comes, and has the ITM end it', async () => {
    const sent: SiteMessage[] = [];
    const traces = createTracesAtItm(() => message => void sent.push(message), 1);
    const why = await traces
      .trace(asked, () => {})
      .then(
        () => 'a trace',
        (error: Error) => error.message,
      );
    expect(why).to.equal('the ITM: nothing came of the trace in time');
    expect(sent.map(({ type }) => type)).to.deep.equal(['trace', 'cancel']);
    expect(sent[1]).to.deep.equal({ type: 'cancel', id: 0, reason: 'the site has waited too long' });
    // What comes of it later is of nothing that runs.
    traces.hear({ type: 'untraced', id: 0, reason: 'cancelled' });
    traces.gone('the connection is lost');
  });
});
