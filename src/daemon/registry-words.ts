/** What the log says of a generation of the registry that is in force. */
import type { Registry, RegistryGeneration } from '../registry/registry.ts';
import type { Log } from './log.ts';

export function logGeneration(
  { report }: Pick<RegistryGeneration, 'report'>,
  status: ReturnType<Registry['status']>,
  log: Log,
): void {
  for (const { source, what, objects, why } of report.sources) {
    const level = why !== '' ? 'error' : what === 'changed' ? 'debug' : 'info';
    log(level, `irr ${source}: ${what}, ${objects} route objects`, { why });
  }
  for (const { source, file, problems, firstProblems } of status) {
    if (!report.sources.some(one => one.source === source && one.what === 'loaded')) continue;
    for (const { line, why } of firstProblems) log('warn', `irr ${source}: ${file}:${line}: ${why}`);
    const more = problems - firstProblems.length;
    if (more > 0) log('warn', `irr ${source}: ${file}: ${more} more that are not shown`);
  }
}
