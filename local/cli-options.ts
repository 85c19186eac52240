import { parseArgs } from 'node:util';
import { LocalError } from './local-error';

/** The flags of `idempotent-api local`, validated. */
export interface LocalOptions {
  /** The assembly comes from running a CDK app, or is there already. */
  readonly source: { readonly kind: 'app'; readonly command: string } | { readonly kind: 'assembly'; readonly directory: string };
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
}

export const DEFAULT_PORT = 3000;

export const LOCAL_HELP = `Usage: idempotent-api local (--app COMMAND | --assembly DIR) [options]

Runs a CDK app's HTTP APIs on this machine: no Docker, no AWS account.

Options:
  --app COMMAND              CDK app to synthesize, e.g. --app "npx tsx bin/app.ts"
  --assembly DIR             cloud assembly to run as it is, e.g. cdk.out
  --stack NAME               serve only this stack, by name or id; what it depends on comes along
  --port N                   port of the first API, the others follow upwards (default ${DEFAULT_PORT}; 0: free ports)
  --data DIR                 keep the tables' items in DIR (default: every start is empty)
  --dynamodb-endpoint URL    use this DynamoDB instead of the embedded one
  --json                     one JSON object per line on standard output
  --help                     show this text
`;

const FLAGS = {
  'app': { type: 'string' },
  'assembly': { type: 'string' },
  'stack': { type: 'string' },
  'port': { type: 'string' },
  'data': { type: 'string' },
  'dynamodb-endpoint': { type: 'string' },
  'json': { type: 'boolean' },
  'help': { type: 'boolean', short: 'h' },
} as const;

const HINT = 'see "idempotent-api local --help"';

/** Throws `LocalError` with code `USAGE` on anything that is not understood. */
export function parseLocalOptions(argv: readonly string[]): LocalOptions | 'help' {
  const values = readFlags(argv);
  if (values.help) return 'help';
  return {
    source: source(values.app, values.assembly),
    stack: nonEmpty('--stack', values.stack),
    port: values.port === undefined ? DEFAULT_PORT : port(values.port),
    dataDirectory: nonEmpty('--data', values.data),
    dynamodbEndpoint: endpoint(values['dynamodb-endpoint']),
    json: values.json ?? false,
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
  throw usage('nothing to run; give --app "npx tsx bin/app.ts" or --assembly cdk.out');
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
