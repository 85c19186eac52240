import { ASSEMBLY_FLAGS, ASSEMBLY_HELP, CommandLine, type AssemblyOptions } from './command-line';
import type { Given, GivenParameter } from './given';

/** The flags of `idempotent-api local`, validated. */
export interface LocalOptions extends AssemblyOptions {
  /** What only an account would know. Paths are as they were written. */
  readonly given: Given;
  /** Serve this stack only, by name or id. */
  readonly stack?: string;
  /** Of the first API; 0 gives each a free one. */
  readonly port: number;
  /** Where records outlive the process. */
  readonly dataDirectory?: string;
  /** Use this DynamoDB in place of the embedded one. */
  readonly dynamodbEndpoint?: string;
  /** Every line of standard output is one JSON object. */
  readonly json: boolean;
  /** Changed files take effect without a new start. */
  readonly watch: boolean;
}

export const DEFAULT_PORT = 3000;

export const LOCAL_HELP = `Usage: idempotent-api local [--app COMMAND | --assembly DIR] [options]

Runs a CDK app's HTTP APIs on this machine: no Docker, no AWS account.

Options:
${ASSEMBLY_HELP}, as may what follows
  --parameter [STACK:]KEY=VALUE   value of a template's parameter
  --ssm NAME=VALUE           value of an SSM parameter that the app does not declare
  --secret NAME=VALUE        value of a secret that the app does not declare
  --layer ARN=DIR            folder or zip archive of a layer that is not the app's own
  --stack NAME               serve only this stack, by name or id; what it depends on comes along
  --port N                   port of the first API, the others follow upwards (default ${DEFAULT_PORT}; 0: free ports)
  --data DIR                 keep the tables' items in DIR (default: every start is empty)
  --dynamodb-endpoint URL    use this DynamoDB instead of the embedded one
  --watch                    new code takes the place of the old as files change
  --json                     one JSON object per line on standard output
  --help                     show this text
`;

const FLAGS = {
  ...ASSEMBLY_FLAGS,
  'parameter': { type: 'string', multiple: true },
  'ssm': { type: 'string', multiple: true },
  'secret': { type: 'string', multiple: true },
  'layer': { type: 'string', multiple: true },
  'stack': { type: 'string' },
  'port': { type: 'string' },
  'data': { type: 'string' },
  'dynamodb-endpoint': { type: 'string' },
  'watch': { type: 'boolean' },
  'json': { type: 'boolean' },
  'help': { type: 'boolean', short: 'h' },
} as const;

const line = new CommandLine('local');

/** Throws `LocalError` with code `USAGE` on anything that is not understood. */
export function parseLocalOptions(argv: readonly string[]): LocalOptions | 'help' {
  const values = line.read(argv, FLAGS);
  if (values.help) return 'help';
  return {
    ...line.assembly(values),
    given: {
      parameters: (values.parameter ?? []).map(templateParameter),
      ssm: new Map((values.ssm ?? []).map((text) => line.pair('--ssm', text, '/shop/currency=EUR'))),
      secrets: new Map((values.secret ?? []).map((text) => line.pair('--secret', text, 'shop/provider=sk_test'))),
      layers: new Map((values.layer ?? []).map((text) => line.pair('--layer', text, 'arn:aws:lambda:us-east-1:111111111111:layer:tracing:3=layers/tracing'))),
    },
    stack: line.nonEmpty('--stack', values.stack),
    port: values.port === undefined ? DEFAULT_PORT : port(values.port),
    dataDirectory: line.nonEmpty('--data', values.data),
    dynamodbEndpoint: endpoint(values['dynamodb-endpoint']),
    json: values.json ?? false,
    watch: values.watch ?? false,
  };
}

/** The name of a parameter has no colon, that of a stack may stand before it. */
function templateParameter(text: string): GivenParameter {
  const [qualified, value] = line.pair('--parameter', text, 'Size=small');
  const [, stack, name = qualified] = /^(.+):([^:]+)$/.exec(qualified) ?? [];
  return { ...(stack === undefined ? {} : { stack }), name, value };
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(value <= 65535)) throw line.usage(`--port "${text}" is not a port; give a number from 1 to 65535, or 0 for free ports`);
  return value;
}

function endpoint(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw line.usage(`--dynamodb-endpoint "${text}" is not an http(s) URL; give one such as http://127.0.0.1:8000`);
  }
  return text.replace(/\/+$/, '');
}
