import { parseArgs } from 'node:util';
import type { Given, GivenParameter } from './given';
import { LocalError } from './local-error';

/** The flags of `idempotent-api local`, validated. */
export interface LocalOptions {
  /** The assembly comes from running a CDK app, the one that cdk.json names or another, or is there already. */
  readonly source:
    | { readonly kind: 'project' }
    | { readonly kind: 'app'; readonly command: string }
    | { readonly kind: 'assembly'; readonly directory: string };
  /** Over the context that cdk.json and cdk.context.json have. */
  readonly context: Readonly<Record<string, string>>;
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
  --app COMMAND              CDK app to synthesize, e.g. --app "npx tsx bin/app.ts" (default: "app" of cdk.json)
  --assembly DIR             cloud assembly to run as it is, e.g. cdk.out
  -c, --context KEY=VALUE    context for the app, as for cdk; may be given several times, as may what follows
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
  'app': { type: 'string' },
  'assembly': { type: 'string' },
  'context': { type: 'string', short: 'c', multiple: true },
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

const HINT = 'see "idempotent-api local --help"';

/** Throws `LocalError` with code `USAGE` on anything that is not understood. */
export function parseLocalOptions(argv: readonly string[]): LocalOptions | 'help' {
  const values = readFlags(argv);
  if (values.help) return 'help';
  const assembly = values.assembly;
  if (assembly !== undefined && values.context) throw usage('--context has no effect with --assembly, which is synthesized already; give --app, or leave it out');
  return {
    source: source(values.app, assembly),
    context: Object.fromEntries((values.context ?? []).map(contextValue)),
    given: {
      parameters: (values.parameter ?? []).map(templateParameter),
      ssm: new Map((values.ssm ?? []).map((text) => pair('--ssm', text, '/shop/currency=EUR'))),
      secrets: new Map((values.secret ?? []).map((text) => pair('--secret', text, 'shop/provider=sk_test'))),
      layers: new Map((values.layer ?? []).map((text) => pair('--layer', text, 'arn:aws:lambda:us-east-1:111111111111:layer:tracing:3=layers/tracing'))),
    },
    stack: nonEmpty('--stack', values.stack),
    port: values.port === undefined ? DEFAULT_PORT : port(values.port),
    dataDirectory: nonEmpty('--data', values.data),
    dynamodbEndpoint: endpoint(values['dynamodb-endpoint']),
    json: values.json ?? false,
    watch: values.watch ?? false,
  };
}

function readFlags(argv: readonly string[]) {
  const { tokens } = parseArgs({ args: [...argv], options: FLAGS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') throw usage(`unexpected argument "${token.value}"`);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(FLAGS, token.name) ? FLAGS[token.name as keyof typeof FLAGS] : undefined;
    if (!flag) throw usage(`unknown flag ${token.rawName}`);
    if (flag.type === 'string' && token.value === undefined) throw usage(`${token.rawName} needs a value`);
    if (flag.type === 'boolean' && token.value !== undefined) throw usage(`${token.rawName} takes no value`);
  }
  // The value of one flag must not be the next flag: `--data --json` forgets the folder.
  const swallowed = tokens.find((token) => token.kind === 'option' && !token.inlineValue && token.value?.startsWith('--'));
  if (swallowed?.kind === 'option') throw usage(`${swallowed.rawName} needs a value`);
  return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values;
}

function source(app: string | undefined, assembly: string | undefined): LocalOptions['source'] {
  if (app !== undefined && assembly !== undefined) throw usage('--app and --assembly exclude each other; give one of them');
  if (app?.trim()) return { kind: 'app', command: app };
  if (assembly?.trim()) return { kind: 'assembly', directory: assembly };
  if (app !== undefined || assembly !== undefined) throw usage(`${app !== undefined ? '--app' : '--assembly'} is empty; give --app "npx tsx bin/app.ts" or --assembly cdk.out`);
  return { kind: 'project' };
}

/** Split at the first equals sign: a value may have more of them. */
function pair(flag: string, text: string, example: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw usage(`${flag} "${text}" is no assignment; write it as in ${flag} ${example}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function contextValue(text: string): [name: string, value: string] {
  const [name, value] = pair('--context', text, 'stage=beta');
  if (name.startsWith('aws:')) throw usage(`--context "${name}": names that begin with "aws:" are the CDK's own; give another name`);
  return [name, value];
}

/** The name of a parameter has no colon, that of a stack may stand before it. */
function templateParameter(text: string): GivenParameter {
  const [qualified, value] = pair('--parameter', text, 'Size=small');
  const [, stack, name = qualified] = /^(.+):([^:]+)$/.exec(qualified) ?? [];
  return { ...(stack === undefined ? {} : { stack }), name, value };
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(value <= 65535)) throw usage(`--port "${text}" is not a port; give a number from 1 to 65535, or 0 for free ports`);
  return value;
}

function endpoint(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw usage(`--dynamodb-endpoint "${text}" is not an http(s) URL; give one such as http://127.0.0.1:8000`);
  }
  return text.replace(/\/+$/, '');
}

function nonEmpty(flag: string, text: string | undefined): string | undefined {
  if (text !== undefined && text.trim() === '') throw usage(`${flag} is empty; give a value or leave the flag out`);
  return text;
}

const usage = (what: string) => new LocalError('USAGE', `${what} (${HINT})`);
