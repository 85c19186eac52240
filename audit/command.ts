import { AUDIT_HELP, parseAuditOptions } from './cli-options';
import { DeployedResources } from './deployed-resources';
import { reportOf, tableOf, type AuditReport } from './report';
import { unseen } from './unseen';
import { judgedRoutes } from '../lib/private/protection/routes';
import { readAssembly, selectStacks, type Assembly } from '../local/assembly';
import { assemblyOf } from '../local/assembly-source';
import { Cleanup } from '../local/cleanup';
import type { CommandContext } from '../local/command';
import { callersEnvironment } from '../local/environment';
import { jsonLine } from '../runtime/observability/json-line';

/** The part of the process that an audit needs. */
export type AuditContext = Pick<CommandContext, 'directory' | 'environment' | 'output' | 'onStopRequested'>;

/** As a shell has it of what Ctrl-C ended: an audit that was stopped is none that passed. */
const STOPPED = 130;

/** `idempotent-api audit`: resolves with the exit status; rejects with `LocalError` where there is nothing to read. */
export async function auditCommand(argv: readonly string[], context: AuditContext): Promise<number> {
  const options = parseAuditOptions(argv);
  const { output, environment } = context;
  if (options === 'help') {
    output.out(AUDIT_HELP.trimEnd());
    return 0;
  }
  const stop = new AbortController();
  context.onStopRequested(() => stop.abort());
  const cleanup = new Cleanup();
  try {
    const directory = await assemblyOf(options, { ...context, signal: stop.signal }, cleanup.temporaryDirectory);
    const assembly = readAssembly(directory, callersEnvironment(environment));
    const report = audit(assembly, options.stack);
    report.unseen.forEach((line) => output.err(`warning: ${line}`));
    if (options.json) output.out(jsonLine(report));
    else tableOf(report).forEach((line) => output.out(line));
    return options.failOnUnprotected && report.counts.unprotected > 0 ? 1 : 0;
  } catch (error) {
    if (stop.signal.aborted) return STOPPED;
    throw error;
  } finally {
    await cleanup.run();
  }
}

/**
 * Every route of an assembly, or of one of its stacks. Functions are found in
 * all stacks, whichever is asked for. Throws `STACK_UNKNOWN` naming those that there are.
 */
export function audit(assembly: Assembly, stackName?: string): AuditReport {
  const { served } = selectStacks(assembly, stackName);
  const { all } = new DeployedResources(assembly.stacks);
  const wanted = new Set(all.filter(({ stack }) => served.includes(stack)).map(({ id }) => id));
  const routes = judgedRoutes(all).filter(({ api, resource }) => wanted.has(api.id) || (resource !== undefined && wanted.has(resource.id)));
  return reportOf(routes, unseen({ ...assembly, stacks: served }));
}
