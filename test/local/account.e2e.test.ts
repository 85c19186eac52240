import { appCommand, UserFolder, type Cli } from './support/cli';

jest.setTimeout(120_000);

const user = new UserFolder({ app: appCommand('account-app.ts'), context: { stage: 'alpha' } });
let cli: Cli;

beforeAll(async () => {
  cli = user.start('local', '-c', 'stage=beta', '--parameter', 'Shop:Size=large', '--ssm', '/shop/currency=EUR', '--port', '0', '--json');
  await cli.ready();
});

afterAll(async () => {
  await cli.stop();
  user.remove();
});

const post = async (api: string, path: string, key?: string) => {
  const { url } = (await cli.ready()).apis.find(({ id }) => id === api)!;
  const response = await fetch(url + path, { method: 'POST', headers: key === undefined ? {} : { 'idempotency-key': key } });
  return { response, body: await response.json() as Record<string, unknown> };
};

test('the app of cdk.json is run, with the context, the parameter and the SSM value of the command line, in the region of its stack', async () => {
  const { body } = await post('Payments', '/payments');
  expect(body).toEqual({ id: 'Pay', runs: 1, AWS_REGION: 'eu-west-1', STAGE: 'beta', SIZE: 'large', CURRENCY: 'EUR', ssm: true });
});

test.each([
  ['by its name', 'Payments', '/payments', 'records-of-another-app'],
  ['by its ARN', 'Refunds', '/refunds', 'records-by-arn'],
  ['of another account, by its ARN', 'Payouts', '/payouts', 'records-of-another-account'],
])('F141: a table that is imported %s is made, so that a keyed request is executed once and replayed', async (_, api, path, table) => {
  const first = await post(api, path, 'key-1');
  const second = await post(api, path, 'key-1');
  expect([first.response.status, second.response.status]).toEqual([201, 201]);
  expect(second.response.headers.get('x-idempotent-replay')).toBe('true');
  expect(second.body).toEqual(first.body);
  expect((await cli.ready()).tables).toContainEqual({ id: table, name: table });
  expect(cli.stderr).toContain(`the table \\"${table}\\" is not in the assembly`);
});

test('a nested stack is served', async () => {
  expect((await post('Orders', '/orders')).body).toMatchObject({ id: 'Order' });
});

describe('what nobody gave is asked for in one line', () => {
  test.each([
    ['a parameter', ['--ssm', '/shop/currency=EUR'], 1, 'idempotent-api: Shop: the parameter Size has no default; give it with --parameter Size=VALUE'],
    ['an SSM value', ['--parameter', 'Size=large'], 1, 'idempotent-api: Shop: the SSM parameter /shop/currency is not in the assembly; give its value with --ssm /shop/currency=VALUE'],
    ['another parameter than was meant', ['--parameter', 'Siez=large'], 2, 'idempotent-api: --parameter Siez: no stack declares it; the parameters are: Size'],
  ])('%s', async (_, argv, code, said) => {
    const own = user.start('local', '--assembly', 'cdk.out', '--port', '0', ...argv);
    expect((await own.exited).code).toBe(code);
    const lines = own.stderr.trim().split('\n').filter((line) => !line.startsWith('warning: '));
    expect(lines).toEqual([expect.stringContaining(said)]);
  });
});

test('a folder whose cdk.json names no app says what to give', async () => {
  const bare = new UserFolder();
  const own = bare.start('local');
  expect((await own.exited).code).toBe(2);
  expect(own.stderr).toMatch(/^idempotent-api: nothing to run: .*cdk\.json names no "app"; give --app "npx tsx bin\/app\.ts" or --assembly cdk\.out\n$/);
  bare.remove();
});

test('an app of cdk.json that is the folder of an assembly is run as it is', async () => {
  const other = new UserFolder({ app: `${user.directory}/cdk.out` });
  const own = other.start('local', '--port', '0', '--parameter', 'Size=small', '--ssm', '/shop/currency=USD', '--json');
  expect((await own.ready()).apis.map(({ id }) => id)).toEqual(['Payments', 'Refunds', 'Payouts', 'Orders']);
  await own.stop();
  other.remove();
});
