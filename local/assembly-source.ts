import { existsSync } from 'node:fs';
import path from 'node:path';
import type { AssemblyOptions } from './command-line';
import type { RunContext } from './run-context';
import { appOfProject, synthesize } from './synth';

/** The folder of the assembly: synthesized, or there already. */
export async function assemblyOf(
  { source, context: given }: AssemblyOptions,
  context: Pick<RunContext, 'directory' | 'environment' | 'signal'>,
  temporaryDirectory: () => string,
): Promise<string> {
  if (source.kind === 'assembly') return path.resolve(context.directory, source.directory);
  const app = source.kind === 'app' ? source.command : appOfProject(context.directory);
  const folder = path.resolve(context.directory, app);
  if (existsSync(path.join(folder, 'manifest.json'))) return folder;
  return synthesize({ ...context, command: app, origin: source.kind === 'app' ? '--app' : 'the app of cdk.json', context: given, temporaryDirectory });
}
