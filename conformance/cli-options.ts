import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConformanceError } from './conformance-error';
import { ROUTES } from './definition';
import { PROFILE_NAMES, type ProfileName } from './profile-name';
import { PROFILES } from './profiles';
import { settle, type Target } from './target';

/** The flags of `idempotent-api conformance`, validated. */
export interface ConformanceOptions {
  readonly target: Target & { readonly profile: ProfileName };
  /** What the reports call the target. */
  readonly name: string;
  /** Ids, topics, or prefixes with a star; empty: every test. */
  readonly only: readonly string[];
  readonly baseline?: string;
  /** Files to write; `-` is standard output. */
  readonly json?: string;
  readonly junit?: string;
  readonly html?: string;
  /** Prints the tests instead of running them. */
  readonly list: boolean;
}

const routes = Object.entries(ROUTES).filter(([name]) => name !== 'main').map(([name, about]) => `                      ${name.padEnd(12)} ${about}`).join('\n');

export const CONFORMANCE_HELP = `Usage: idempotent-api conformance --url URL [options]

Puts an HTTP API with idempotency keys to a test of its rules, from outside.
It sends real requests, which take effect: run it against a test environment.

Options:
  --url URL           the operation under test, by POST
  --effects URL       where marked effects are counted (default: told from answers that differ)
  --profile NAME      ${PROFILE_NAMES.join(', ')} (default ietf-07)
  --body TEXT         body of the requests, or @FILE (default an amount in JSON)
  --other-body TEXT   another body that the operation takes, or @FILE (default: a number in the body raised)
  --header "N: V"     sent with each request; may be repeated
  --token-a TOKEN     credentials: a bearer token, or the whole value of Authorization
  --token-b TOKEN     those of another tenant
  --key-header NAME   header of the key (default Idempotency-Key)
  --route NAME=URL    a further operation; may be repeated:
${routes}
  --ttl SECONDS       retention of the routes brief and remembering
  --lease SECONDS     how long a dead run of the route brief holds its key
  --policy URL        where the specification of the keys is published
  --origin ORIGIN     a page that may read the API (default https://conformance.example)
  --concurrency N     requests at once (default 100)
  --timeout SECONDS   how long an answer may take (default 30)
  --only IDS          tests by id, topic or prefix*, separated by commas; what they depend on comes along
  --baseline FILE     known failures, a JSON object of ids and reasons; one that is none any more fails
  --json FILE         results, for programs (- is standard output)
  --junit FILE        results, as JUnit XML
  --html FILE         results, as a page
  --name NAME         what the reports call the target (default: its host)
  --list              print the tests with their rules, and run none
  --help              show this text

Exit status: 0; 1 where a MUST is broken or the baseline is stale; 2 for a wrong
command line; 3 where the target cannot be tested.
`;

const TEXT = { type: 'string' } as const;
const MANY = { type: 'string', multiple: true } as const;
const FLAGS = {
  'url': TEXT,
  'effects': TEXT,
  'profile': TEXT,
  'body': TEXT,
  'other-body': TEXT,
  'header': MANY,
  'token-a': TEXT,
  'token-b': TEXT,
  'key-header': TEXT,
  'route': MANY,
  'ttl': TEXT,
  'lease': TEXT,
  'policy': TEXT,
  'origin': TEXT,
  'concurrency': TEXT,
  'timeout': TEXT,
  'only': MANY,
  'baseline': TEXT,
  'json': TEXT,
  'junit': TEXT,
  'html': TEXT,
  'name': TEXT,
  'list': { type: 'boolean' },
  'help': { type: 'boolean', short: 'h' },
} as const;

/** Throws `ConformanceError` with code `USAGE` on anything that is not understood; no error repeats a token. */
export function parseConformanceOptions(argv: readonly string[]): ConformanceOptions | 'help' {
  const values = readFlags(argv);
  if (values.help) return 'help';
  const profile = values.profile ?? 'ietf-07';
  if (!isProfile(profile)) throw usage(`--profile "${profile}" is none of ${Object.keys(PROFILES).join(', ')}`);
  if (values.url === undefined && !values.list) throw usage('--url is missing; give the operation under test, such as https://api.example.com/payments');
  const target: ConformanceOptions['target'] = {
    url: values.url ?? 'http://localhost',
    effects: values.effects,
    profile,
    body: textOrFile('--body', values.body),
    otherBody: textOrFile('--other-body', values['other-body']),
    headers: headersOf(values.header),
    tokenA: values['token-a'],
    tokenB: values['token-b'],
    keyHeader: values['key-header'],
    routes: routesOf(values.route),
    ttl: numberOf('--ttl', values.ttl),
    lease: numberOf('--lease', values.lease),
    policy: values.policy,
    origin: values.origin,
    concurrency: numberOf('--concurrency', values.concurrency),
    timeout: numberOf('--timeout', values.timeout),
  };
  const settled = settle(target);
  return {
    target,
    name: values.name ?? settled.routes.main.host,
    only: (values.only ?? []).flatMap((each) => each.split(',')).map((each) => each.trim()).filter((each) => each !== ''),
    baseline: values.baseline,
    json: values.json,
    junit: values.junit,
    html: values.html,
    list: values.list ?? false,
  };
}

function readFlags(argv: readonly string[]) {
  const { tokens } = parseArgs({ args: [...argv], options: FLAGS, strict: false, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw usage('there is an argument that belongs to no flag; quote a value that has spaces in it');
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(FLAGS, token.name) ? FLAGS[token.name as keyof typeof FLAGS] : undefined;
    if (flag === undefined) throw usage(`unknown flag ${token.rawName}`);
    if (flag.type === 'boolean' && token.value !== undefined) throw usage(`${token.rawName} takes no value`);
    if (flag.type === 'string' && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))) throw usage(`${token.rawName} needs a value`);
    if (flag.type === 'string' && token.value?.trim() === '') throw usage(`${token.rawName} is empty; give a value or leave the flag out`);
    if (seen.has(token.name) && !('multiple' in flag)) throw usage(`${token.rawName} is given twice`);
    seen.add(token.name);
  }
  return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values;
}

const isProfile = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);

function textOrFile(flag: string, text: string | undefined): string | undefined {
  if (!text?.startsWith('@')) return text;
  try {
    return readFileSync(text.slice(1), 'utf8');
  } catch (error) {
    throw usage(`${flag} ${text}: the file cannot be read: ${(error as Error).message}`);
  }
}

function headersOf(lines: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map((line) => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(\S.*)$/.exec(line);
    // Not repeated: it may be a credential.
    if (match === null) throw usage('--header is not of the form "Name: value"');
    return [match[1]!, match[2]!] as const;
  }));
}

function routesOf(pairs: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 1) throw usage(`--route "${pair}" is not of the form NAME=URL; the names are ${Object.keys(ROUTES).filter((name) => name !== 'main').join(', ')}`);
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  }));
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw usage(`${flag} "${text}" is not a number`);
  return Number(text);
}

const usage = (what: string): ConformanceError => new ConformanceError('USAGE', `${what} (see "idempotent-api conformance --help")`);
