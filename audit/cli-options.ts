import { ASSEMBLY_FLAGS, ASSEMBLY_HELP, CommandLine, type AssemblyOptions } from '../local/command-line';

/** The flags of `idempotent-api audit`, validated. */
export interface AuditOptions extends AssemblyOptions {
  /** Only the APIs and routes of this stack, by name or id, and of those that it nests. */
  readonly stack?: string;
  /** Whether an unprotected route makes the exit status 1. */
  readonly failOnUnprotected: boolean;
  /** Standard output is one JSON object. */
  readonly json: boolean;
}

export const AUDIT_HELP = `Usage: idempotent-api audit [--app COMMAND | --assembly DIR] [options]

Lists every route of every API of a CDK app, whose ever it is, by the final templates:
protected (a request with a key runs once), exempt (somebody or the method says so), unprotected.

Options:
${ASSEMBLY_HELP}
  --stack NAME               only what this stack declares, by name or id
  --fail-on unprotected      exit with 1 where a route is unprotected
  --json                     one JSON object on standard output
  --help                     show this text
`;

const FLAGS = {
  ...ASSEMBLY_FLAGS,
  'stack': { type: 'string' },
  'fail-on': { type: 'string' },
  'json': { type: 'boolean' },
  'help': { type: 'boolean', short: 'h' },
} as const;

const line = new CommandLine('audit');

/** Throws `LocalError` with code `USAGE` on anything that is not understood. */
export function parseAuditOptions(argv: readonly string[]): AuditOptions | 'help' {
  const values = line.read(argv, FLAGS);
  if (values.help) return 'help';
  const failOn = values['fail-on'];
  if (failOn !== undefined && failOn !== 'unprotected') {
    throw line.usage(`--fail-on "${failOn}" is no state to fail on; give --fail-on unprotected, or leave it out`);
  }
  return {
    ...line.assembly(values),
    stack: line.nonEmpty('--stack', values.stack),
    failOnUnprotected: failOn !== undefined,
    json: values.json ?? false,
  };
}
