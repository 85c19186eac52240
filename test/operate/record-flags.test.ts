import { readFlags } from '../../operate/flags';
import { RECORD_FLAGS, recordIdOf } from '../../operate/record-flags';
import type { IdempotencyOptions } from '../../runtime/configuration/options';
import { MemoryStore } from '../../runtime/stores/memory/memory-store';
import { functionUrlEvent, httpApiEvent, restApiEvent } from '../../runtime/testing/events';
import { idempotentWith } from '../../runtime/testing/idempotent-with';
import { observed } from '../support/quiet';

const idOf = (argv: readonly string[], readFile?: (path: string) => string): string => {
  const given = readFlags('inspect', RECORD_FLAGS, argv);
  if (given === 'help') throw new Error('asked for help');
  return recordIdOf(given, readFile);
};

/** The id that the runtime logs for an event. */
async function loggedId(event: unknown, options: IdempotencyOptions = {}): Promise<unknown> {
  const { logger, metrics, lines } = observed();
  await idempotentWith({}, () => ({ statusCode: 200 }), { store: new MemoryStore(), logger, metrics, namespace: 'Shop/Api', ...options })(event, {});
  return (lines[0]!.fields.idempotency as { id: unknown }).id;
}

const headers = { 'Idempotency-Key': 'order-0001', 'X-Customer': 'Acme' };
const routed = { headers, path: '/orders/7/payments', route: '/orders/{id}/payments' };
const jwt = { jwt: { iss: 'https://issuer', sub: 'user-1', org: 'org-1', account_id: 'acme' } };
const anonymousJwt = { jwt: { iss: 'https://issuer', sub: 'user-1' } };
const lambda = { lambda: { principalId: 'p-1', plan: 'gold' } };
const role = { iam: { accountId: '123456789012', userArn: 'arn:aws:sts::123456789012:assumed-role/Shop/session-1', userId: 'AROA:session-1' } };
const flags = ['--key', 'order-0001', '--route', '/orders/{id}/payments', '--namespace', 'Shop/Api'];

test.each<[string, unknown, IdempotencyOptions, readonly string[]]>([
  ['an HTTP API, account_id of its JWT', httpApiEvent({ ...routed, authorizer: jwt }), {}, ['--tenant', 'acme']],
  ['a REST API, account_id of its authorizer', restApiEvent({ ...routed, authorizer: { lambda: { account_id: 'acme', principalId: 'p' } } }), {}, ['--tenant', 'acme']],
  ['nobody authorized', httpApiEvent(routed), {}, ['--tenant-kind', 'public']],
  ['issuer and subject', httpApiEvent({ ...routed, authorizer: anonymousJwt }), {}, ['--tenant-kind', 'jwt', '--tenant', 'https://issuer', '--tenant', 'user-1']],
  ['an IAM role', httpApiEvent({ ...routed, authorizer: role }), {}, ['--tenant-kind', 'iam', '--tenant', '123456789012', '--tenant', 'assumed-role/Shop']],
  ['a principal', restApiEvent({ ...routed, authorizer: lambda }), {}, ['--tenant-kind', 'lambda', '--tenant', 'p-1']],
  ['an API key', restApiEvent({ ...routed, apiKeyId: 'k-1' }), {}, ['--tenant', 'k-1', '--tenant-kind', 'apiKey']],
  ['TenantSource.none()', httpApiEvent({ ...routed, authorizer: jwt }), { tenant: 'none' }, ['--tenant-kind', 'none']],
  ['TenantSource.jwtClaim()', httpApiEvent({ ...routed, authorizer: jwt }), { tenant: { source: 'jwtClaim', name: 'account_id' } }, ['--tenant-kind', 'jwtClaim:account_id', '--tenant', 'acme']],
  ['TenantSource.lambdaContext()', restApiEvent({ ...routed, authorizer: lambda }), { tenant: { source: 'lambdaContext', name: 'plan' } }, ['--tenant-kind', 'lambdaContext:plan', '--tenant', 'gold']],
  ['TenantSource.untrustedHeader()', httpApiEvent(routed), { tenant: { source: 'untrustedHeader', name: 'X-Customer' } }, ['--tenant-kind', 'header:X-Customer', '--tenant', 'Acme']],
  ['TenantSource.all()', httpApiEvent({ ...routed, authorizer: jwt }),
    { tenant: { source: 'all', of: [{ source: 'jwtClaim', name: 'org' }, 'auto'] } },
    ['--tenant-kind', 'jwtClaim:org', '--tenant', 'org-1', '--tenant-kind', 'account_id', '--tenant', 'acme']],
  ['a tenant function', httpApiEvent(routed), { tenant: () => 'mine' }, ['--tenant-kind', 'custom', '--tenant', 'mine']],
  ['KeyScope.API', httpApiEvent({ ...routed, authorizer: jwt }), { keyScope: 'api' }, ['--tenant', 'acme', '--key-scope', 'api']],
  ['another method', httpApiEvent({ ...routed, method: 'PATCH', authorizer: jwt }), {}, ['--tenant', 'acme', '--method', 'patch']],
])('the id that flags name is the one that the runtime computes: %s', async (_, event, options, argv) => {
  expect(idOf([...flags, ...argv])).toBe(await loggedId(event, options));
});

test('a function URL has its path for a route', async () => {
  const argv = ['--key', 'order-0001', '--route', '/pay', '--namespace', 'Shop/Api', '--tenant-kind', 'public'];
  expect(idOf(argv)).toBe(await loggedId(functionUrlEvent({ headers, path: '/pay' })));
});

test('F42: a key may be given quoted or bare', () => {
  const argv = ['--tenant', 'acme', '--route', '/payments', '--namespace', 'N'];
  expect(idOf(['--key', '"order-0001"', ...argv])).toBe(idOf(['--key', 'order-0001', ...argv]));
});

test('with a key secret the id is the HMAC of the runtime, whether or not the file ends with a line break', async () => {
  const event = httpApiEvent({ ...routed, authorizer: jwt });
  const expected = await loggedId(event, { keySecret: 's3cret' });
  for (const content of ['s3cret', 's3cret\n', 's3cret\r\n']) {
    expect(idOf([...flags, '--tenant', 'acme', '--secret-file', 'f'], () => content)).toBe(expected);
  }
  expect(idOf([...flags, '--tenant', 'acme'])).not.toBe(expected);
});

test('an id of a log line names the record alone, even one that begins with a dash', () => {
  const id = `-${'a'.repeat(42)}`;
  expect(idOf(['--id', id])).toBe(id);
});

const rest = ['--tenant', 'acme', '--route', '/p', '--namespace', 'N'];
const KEY = 'secret-order-0001';

test.each<[string, readonly string[], string]>([
  ['nothing', [], 'which record?'],
  ['no namespace', ['--key', KEY, '--tenant', 'acme', '--route', '/p'], 'IDEMPOTENCY_SETTINGS'],
  ['no tenant', ['--key', KEY, '--route', '/p', '--namespace', 'N'], '--tenant-kind public'],
  ['no route', ['--key', KEY, '--tenant', 'acme', '--namespace', 'N'], '--route is missing'],
  ['the method of the route in the place of the request\'s', ['--key', KEY, '--tenant', 'acme', '--namespace', 'N', '--route', '/p', '--method', 'ANY'], '--method'],
  ['a method that is none', ['--key', KEY, '--tenant', 'acme', '--namespace', 'N', '--route', '/p', '--method', 'POST /p'], '--method'],
  ['a method in the route', ['--key', KEY, '--tenant', 'acme', '--namespace', 'N', '--route', 'POST /p'], '--method'],
  ['a kind that is none', ['--key', KEY, '--tenant-kind', 'constructor', ...rest], 'jwtClaim:NAME'],
  ['too few parts', ['--key', KEY, '--tenant-kind', 'jwt', ...rest], 'takes 2 --tenant: "iss", "sub"; got 1'],
  ['a part for a kind without', ['--key', KEY, '--tenant-kind', 'public', ...rest], 'takes no --tenant'],
  ['a tenant before several kinds', ['--key', KEY, ...rest, '--tenant-kind', 'public', '--tenant-kind', 'none'], 'followed by its own --tenant'],
  ['a key that the API refuses', ['--key', `${KEY},x`, ...rest], '(comma)'],
  ['a scope that is none', ['--key', KEY, '--key-scope', 'table', ...rest], '--key-scope'],
  ['an id and a key', ['--id', 'a'.repeat(43), '--key', KEY], 'exclude each other'],
  ['an id that is none', ['--id', 'abc'], '43 characters'],
  ['a secret file that is not there', ['--key', KEY, '--secret-file', '/nowhere/secret', ...rest], 'ENOENT'],
  ['an unknown flag', ['--kye', KEY], 'unknown flag --kye'],
  ['a flag twice', ['--key', KEY, '--key', KEY], '--key is given twice'],
  ['a flag without its value', ['--key', '--tenant', 'a'], '--key needs a value'],
  ['a stray word', ['--key', 'a', KEY], 'belongs to no flag'],
  ['an empty value', ['--key', ''], '--key is empty'],
])('%s is refused in one line without the key', (_, argv, message) => {
  let error: unknown;
  try {
    idOf(argv);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ code: 'USAGE', exitCode: 2, message: expect.stringContaining(message) });
  expect((error as Error).message).not.toContain(KEY);
  expect((error as Error).message).not.toContain('\n');
});
