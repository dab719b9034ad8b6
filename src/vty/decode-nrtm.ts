/** `itctl decode nrtm FILE`: an answer of NRTM 1 or 3, or a file of NRTMv4, operation by operation. */
import { once } from 'node:events';
import { openMrt } from '../mrt/source.ts';
import { type NrtmEvent, nrtmReader } from '../registry/irr/nrtm3.ts';
import { type OfflineStreams, sentence } from './decode-mrt.ts';
import { decodeNrtm4 } from './decode-nrtm4.ts';
import { type NrtmDecoding, type Tell, tellObject } from './decode-operation.ts';
import { plain } from './render/text.ts';
import { EXIT } from './run.ts';

/**
 * Decodes one file, `-` for the standard input, to the standard output, as fast as that takes it. Returns the exit code:
 * failed when an operation cannot be read, or the file not to its end.
 */
export async function decodeNrtm(file: string, json: boolean, { stdin, stdout, err }: OfflineStreams): Promise<number> {
  let lines = '';
  const tell: Tell = (found, words) => {
    lines += json ? `${JSON.stringify(found)}\n` : `${words.split('\n').map(plain).join('\n')}\n`;
  };
  const flush = async () => {
    const text = lines;
    lines = '';
    if (text !== '' && !stdout.write(text)) await once(stdout, 'drain');
  };
  let decoding: NrtmDecoding | null = null;
  let wrong = 0;
  try {
    for await (const chunk of openMrt(file, stdin)) {
      decoding ??= decodeNrtm4(chunk, tell) ?? decodeNrtm3(tell);
      decoding.push(chunk);
      await flush();
    }
  } catch (error) {
    wrong++;
    err(plain(`${file === '-' ? 'standard input' : file}: ${sentence(error)}`));
  }
  wrong += (decoding ?? decodeNrtm3(tell)).end();
  await flush();
  return wrong === 0 ? EXIT.ok : EXIT.failed;
}

function decodeNrtm3(tell: Tell): NrtmDecoding {
  let wrong = 0;
  /** An answer was begun, or told why there is none. */
  let answered = false;
  const reader = nrtmReader(event => {
    answered = true;
    wrong += tellEvent(event, tell) ? 0 : 1;
  });
  return {
    push: reader.push,
    end() {
      reader.end();
      if (!answered) tell({ error: 'it is no NRTM' }, 'refused: it is no NRTM');
      return answered ? wrong : 1;
    },
  };
}

/** False when it is something wrong. */
function tellEvent(event: NrtmEvent, tell: Tell): boolean {
  const { line } = event;
  switch (event.kind) {
    case 'start': {
      const { version, source, first, last } = event;
      tell(
        { line, type: 'start', version, source, first, last },
        `${line}: NRTM ${version} of ${source}, ${first}-${last}`,
      );
      return true;
    }
    case 'operation': {
      const { op, serial, object } = event;
      return tellObject({ line, op, serial }, `${line}: ${op} ${serial}`, object, tell);
    }
    case 'unreadable':
      tell({ line, serial: event.serial, error: event.why }, `${line}: ${event.serial}: refused: ${event.why}`);
      return false;
    case 'end':
      tell({ line, type: 'end', source: event.source }, `${line}: end of ${event.source}`);
      return true;
    case 'nothing-new':
      tell({ line, type: 'nothing-new' }, `${line}: nothing new`);
      return true;
    case 'error':
    case 'broken':
      tell({ line, type: event.kind, error: event.why }, `${line}: ${event.kind}: ${event.why}`);
      return false;
  }
}
