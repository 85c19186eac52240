import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { Bank, recordOf, stuck } from './support/bank';
import { Operator } from './support/operator';
import { RetryableError, idempotencyOf } from '../../runtime/index';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import type { OverflowStore } from '../../runtime/stores/overflow/overflow-store';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

let db: TestDynamoDb;
let tables = 0;
beforeAll(async () => { db = await startDynamoDb(); });
afterAll(() => db.stop());

const bank = async (respond?: (call: number, event: unknown, context: object) => unknown) => new Bank(db, await db.createTable(`inspect-${++tables}`), respond);

test('a completed key: state, attempt, expiry, status and size, and nothing of what was answered', async () => {
  const { operator, pay } = await bank();
  await pay('order-0001');
  const { status, out } = await operator.run('inspect', recordOf('order-0001'));
  expect(status).toBe(0);
  expect(out).toMatch(/^state +completed: retries get the recorded response until it expires$/m);
  expect(out).toMatch(/^attempt +1 \(claim [0-9a-f]{8}\)$/m);
  expect(out).toMatch(/^expires +2027-01-16T08:00:00.000Z, in 24 h$/m);
  expect(out).toMatch(/^compared +method, path and query$/m);
  expect(out).toMatch(/^response +status 201, body of 9 bytes, headers location$/m);
  expect(out).not.toContain('payment 1');
  expect(out).not.toContain('/payments/1');
});

test('one that was committed with its effects is shown, and kept from a release, as any other', async () => {
  const accounts = await db.createTable(`accounts-${tables}`);
  const effects = [{ Put: { TableName: accounts, Item: { id: { S: 'alice' } } } }];
  const { operator, pay } = await bank((_call, _event, context) => idempotencyOf(context)!.commit({ statusCode: 201, body: 'moved' }, effects));
  await pay('order-0001');
  expect(await operator.json('inspect', [...recordOf('order-0001'), '--show-body'])).toMatchObject({ state: 'completed', response: { statusCode: 201, body: 'moved' } });
  const { status, err } = await operator.run('release', [...recordOf('order-0001'), '--yes']);
  expect([status, err]).toEqual([1, expect.stringContaining('completed and not stuck: nothing is released')]);
  expect(await operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'completed' });
});

test('headers and body are shown where they are asked for, and obey no terminal', async () => {
  const { operator, pay } = await bank(() => ({ statusCode: 200, headers: { location: '/payments/1' }, body: 'paid\u001b[2J\nthanks' }));
  await pay('order-0001');
  const { out } = await operator.run('inspect', [...recordOf('order-0001'), '--show-body']);
  expect(out).toContain('location: /payments/1');
  expect(out).toContain('paid\ufffd[2J\nthanks');
  expect(await operator.json('inspect', [...recordOf('order-0001'), '--show-body'])).toMatchObject({
    response: { headers: [['location', '/payments/1']], body: 'paid\u001b[2J\nthanks', isBase64Encoded: false },
  });
});

test('as JSON it is one object without body, header values, key, tenant or token', async () => {
  const { operator, pay } = await bank();
  await pay('order-0001');
  expect(await operator.json('inspect', recordOf('order-0001'))).toEqual({
    id: expect.stringMatching(/^[\w-]{43}$/),
    state: 'completed',
    attempt: 1,
    claim: expect.stringMatching(/^[0-9a-f]{8}$/),
    claimedAt: '2027-01-15T08:00:00.000Z',
    expiresAt: '2027-01-16T08:00:00.000Z',
    compared: 'method, path and query',
    response: { statusCode: 201, headerNames: ['location'], storedBytes: 9, bodyBytes: 9, tooLarge: false },
  });
});

test('F81: a body beside the record is shown with it, without and with its content', async () => {
  const body = randomBytes(40_000).toString('hex');
  const { operator, pay } = await bank(() => ({ statusCode: 200, body }));
  await pay('order-0001');
  expect((await operator.run('inspect', recordOf('order-0001'))).out).toMatch(/^response +status 200, body of 78 KB beside the record, \d+ KB stored, no headers$/m);
  const view = await operator.json('inspect', [...recordOf('order-0001'), '--show-body']);
  expect(view).toMatchObject({ response: { bodyBytes: 80_000, tooLarge: false, body, overflow: expect.stringMatching(/^[\w-]{43}\/[0-9a-f-]{36}$/) } });
  expect((await operator.run('inspect', [...recordOf('order-0001'), '--show-body'])).out).toContain(body);
});

test('F81: of one in the overflow bucket its object is named, and the name of another record’s body leads nowhere', async () => {
  const objects = new Map<string, Uint8Array>();
  const overflow: OverflowStore = { put: async (key, body) => void objects.set(key, body), get: async (key) => objects.get(key)! };
  const of = new Bank(db, await db.createTable(`inspect-${++tables}`), () => ({ statusCode: 200, body: randomBytes(40_000).toString('hex') }), { overflow });
  await of.pay('order-0001');
  const [name] = [...objects.keys()];
  expect((await of.operator.run('inspect', recordOf('order-0001'))).out).toContain(`body in the overflow bucket, object ${name}`);
  const id = name!.split('/')[0]!;
  await db.client.send(new UpdateItemCommand({
    TableName: of.table, Key: { id: { S: id } }, UpdateExpression: 'SET ro = :other', ExpressionAttributeValues: { ':other': { S: 'other/body' } },
  }));
  const read = await of.operator.json('inspect', ['--id', id]);
  expect(read).toMatchObject({ response: { problem: 'it names the body of another record' } });
});

describe('F113: a response that only the client’s key opens', () => {
  const KEY = 'order-0001-of-acme';
  const sealed = async () => new Bank(db, await db.createTable(`inspect-${++tables}`), undefined, { responseEncryption: 'client-key', keySecret: 'pepper' });
  const secretFile = join(mkdtempSync(join(tmpdir(), 'inspect-')), 'secret');
  const otherSecretFile = `${secretFile} of another API`;
  beforeAll(() => {
    writeFileSync(secretFile, 'pepper\n');
    writeFileSync(otherSecretFile, 'salt\n');
  });
  afterAll(() => rmSync(dirname(secretFile), { recursive: true }));
  const idOf = async (of: Bank) => ((await db.client.send(new ScanCommand({ TableName: of.table }))).Items ?? [])[0]!.id!.S!;
  const opens = ['--tenant', 'acme', '--secret-file', secretFile];

  test('F113: shows that it is one, and neither headers nor body', async () => {
    const vault = await sealed();
    await vault.pay(KEY);
    const { out } = await vault.operator.run('inspect', ['--id', await idOf(vault)]);
    expect(out).toMatch(/^response +status 201, encrypted, body of 37 bytes stored, headers encrypted as well$/m);
    expect(await vault.operator.json('inspect', ['--id', await idOf(vault)])).toMatchObject({ response: { sealed: true, headerNames: [], tooLarge: false } });
  });

  test('F113: is opened by the key on standard input, the tenant and the secret', async () => {
    const vault = await sealed();
    await vault.pay(KEY);
    const seen = await vault.operator.run('inspect', ['--id', await idOf(vault), '--show-body', ...opens], { input: `${KEY}\n` });
    expect(seen).toMatchObject({ status: 0, err: '' });
    expect(seen.out).toContain('payment 1');
    expect(seen.out).toContain('location: /payments/1');
    expect(seen.out).not.toContain(KEY);
  });

  test('F81, F113: is opened with its body beside the record', async () => {
    const body = randomBytes(40_000).toString('hex');
    const vault = new Bank(db, await db.createTable(`inspect-${++tables}`), () => ({ statusCode: 200, body }), { responseEncryption: 'client-key', keySecret: 'pepper' });
    await vault.pay(KEY);
    const id = ((await db.client.send(new ScanCommand({ TableName: vault.table }))).Items ?? []).map((item) => item.id!.S!).find((one) => !one.includes('/'))!;
    const { out } = await vault.operator.run('inspect', ['--id', id, '--show-body', ...opens], { input: KEY });
    expect(out).toContain(body);
  });

  test.each([
    ['another key', ['--tenant', 'acme', '--secret-file', secretFile], 'order-0002-of-acme'],
    ['another tenant', ['--tenant', 'other', '--secret-file', secretFile], KEY],
    ['another secret', ['--tenant', 'acme', '--secret-file', otherSecretFile], KEY],
  ])('F113: is not opened by %s', async (_, flags, input) => {
    const vault = await sealed();
    await vault.pay(KEY);
    const { out } = await vault.operator.run('inspect', ['--id', await idOf(vault), '--show-body', ...flags], { input });
    expect(out).toContain('does not open with this key, tenant and secret');
    expect(out).not.toContain('payment 1');
  });

  test.each([
    ['no secret', ['--tenant', 'acme'], KEY, '--secret-file'], ['no tenant', ['--secret-file', secretFile], KEY, '--tenant'],
    ['no key', ['--tenant', 'acme', '--secret-file', secretFile], '', 'standard input'], ['no key of the API', ['--tenant', 'acme', '--secret-file', secretFile], 'order 1, order 2', 'the key is not one that the API accepts'],
  ])('F113: says what is missing: %s', async (_, flags, input, message) => {
    const vault = await sealed();
    await vault.pay(KEY);
    const seen = await vault.operator.run('inspect', ['--id', await idOf(vault), '--show-body', ...flags], { input });
    expect(seen).toMatchObject({ status: 2, err: expect.stringContaining(message) });
    if (input !== '') expect(seen.err).not.toContain(input);
  });
});

test('F110: tells until when the response is replayed, and until when the key is known', async () => {
  const of = new Bank(db, await db.createTable(`inspect-${++tables}`), undefined, { ttlSeconds: 3_600, rememberSeconds: 86_400 });
  await of.pay('order-0001');
  const { out } = await of.operator.run('inspect', recordOf('order-0001'));
  expect(out).toMatch(/^state +completed: retries get the recorded response, then 410 for as long as the key is known$/m);
  expect(out).toMatch(/^response until +2027-01-15T09:00:00.000Z, in 60 min$/m);
  expect(out).toMatch(/^known until +2027-01-16T09:00:00.000Z, in 25 h$/m);
  of.clock.advance(7_200_000);
  expect((await of.operator.run('inspect', recordOf('order-0001'))).out).toMatch(/^state +completed: retries get 410 until the key is forgotten, the response is kept no longer$/m);
  expect(await of.operator.json('inspect', recordOf('order-0001'))).toMatchObject({ responseExpiresAt: '2027-01-15T09:00:00.000Z', expiresAt: '2027-01-16T09:00:00.000Z' });
});

test('the id of a log line leads to the same record', async () => {
  const { operator, pay } = await bank();
  await pay('order-0001');
  const { id } = await operator.json('inspect', recordOf('order-0001'));
  expect(await operator.json('inspect', ['--id', id as string])).toMatchObject({ id, state: 'completed' });
});

test('a key in progress, then with its lease over, then expired', async () => {
  const { respond, entered, open } = stuck();
  const { operator, pay, clock } = await bank(respond);
  const first = pay('order-0001');
  await entered;
  const { out } = await operator.run('inspect', recordOf('order-0001'));
  expect(out).toMatch(/^state +in progress: retries get 409/m);
  expect(out).toMatch(/^lease ends +2027-01-15T08:00:30.000Z, in 30 s$/m);
  clock.advance(32_001);
  expect((await operator.run('inspect', recordOf('order-0001'))).out).toMatch(/^state +in progress, its lease is over: the next retry of the same request takes over/m);
  clock.advance(86_401_000);
  expect(await operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'expired' });
  open();
  await first;
});

test('a released key, and the attempt that came after', async () => {
  const { operator, pay } = await bank((call) => {
    if (call === 1) throw new RetryableError('provider is busy');
    return { statusCode: 201 };
  });
  await pay('order-0001').catch(() => undefined);
  expect(await operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'released', attempt: 1 });
  await pay('order-0001');
  expect(await operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'completed', attempt: 2 });
});

test('F35: a response that was too large to keep says that retries get 410', async () => {
  const noise = Buffer.concat(Array.from({ length: 20_000 }, (_, index) => createHash('sha256').update(String(index)).digest()));
  const { operator, pay } = await bank(() => ({ statusCode: 200, body: noise.toString('base64'), isBase64Encoded: true }));
  await pay('order-0001');
  expect((await operator.run('inspect', recordOf('order-0001'))).out).toMatch(/retries get 410 until it expires[^]*status 200, body not kept/);
});

test('a key that no request came with is told as such, with what may be wrong about the question', async () => {
  const { operator } = await bank();
  const { status, out, err } = await operator.run('inspect', recordOf('order-0001'));
  expect([status, out]).toEqual([1, '']);
  expect(err).toMatch(/^table "inspect-\d+" has no record [\w-]{43}: no request with this key came through, it has expired, or namespace, tenant, .*$/);
});

test.each([
  ['F67: a record of a newer format', 'v', { N: '2' }, 'newer format than this command reads (format version 2, this runtime reads 1.x)'],
  ['F66: a record that somebody tampered with', 'gen', { S: 'x' }, 'is not as this package writes records: attribute gen'],
])('%s is not shown', async (_, name, value, message) => {
  const { operator, pay, table } = await bank();
  await pay('order-0001');
  const { id } = await operator.json('inspect', recordOf('order-0001'));
  await db.client.send(new UpdateItemCommand({
    TableName: table, Key: { id: { S: id as string } }, UpdateExpression: 'SET #n = :v', ExpressionAttributeNames: { '#n': name }, ExpressionAttributeValues: { ':v': value },
  }));
  const { status, out, err } = await operator.run('inspect', recordOf('order-0001'));
  expect([status, out]).toEqual([1, '']);
  expect(err).toContain(message);
});

test('a table whose key and TTL have other names', async () => {
  const table = await db.createTable('other-names', 'pk');
  const store = new DynamoDbStore({ tableName: table, client: db.client, partitionKey: 'pk', ttlAttribute: 'ttl' });
  const { pay, operator } = new Bank(db, table, undefined, { store });
  await pay('order-0001');
  const names = ['--partition-key', 'pk', '--ttl-attribute', 'ttl'];
  expect(await operator.json('inspect', [...recordOf('order-0001'), ...names])).toMatchObject({ state: 'completed' });
  expect(await operator.json('release', [...recordOf('order-0001'), ...names, '--yes', '--force'])).toMatchObject({ released: true });
  expect(await operator.json('stats', names)).toMatchObject({ states: { released: 1 } });
});

describe('where the table cannot be asked, one line says why', () => {
  const ask = (flags: readonly string[]) => new Operator({ flags }).run('inspect', ['--id', 'a'.repeat(43)]);

  test('no table of that name', async () => {
    expect(await ask(['--table', 'nowhere', '--dynamodb-endpoint', db.endpoint])).toEqual({
      status: 1, out: '', err: `there is no table "nowhere" in ${db.endpoint}; look at --table and --region`,
    });
  });

  test('a table of something else', async () => {
    const table = await db.createTable('invoices', 'invoice');
    expect((await ask(['--table', table, '--dynamodb-endpoint', db.endpoint])).err).toMatch(/^table "invoices" is not one of idempotency records/);
  });

  test('access denied names the action and the grant', async () => {
    const server = createServer((_, response) => response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({
      __type: 'com.amazon.coral.service#AccessDeniedException', Message: 'User: arn:aws:iam::1:user/me is not authorized',
    })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { status, err } = await ask(['--table', 't', '--dynamodb-endpoint', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
    server.close();
    expect(status).toBe(1);
    expect(err).toBe('access denied to dynamodb:GetItem on table "t": User: arn:aws:iam::1:user/me is not authorized. The table\'s grantInspect() allows it');
  });

  test('no table is named', async () => {
    expect(await ask([])).toMatchObject({ status: 2, err: expect.stringContaining('--table is missing') });
  });

  test.each([['--table', 'a b'], ['--dynamodb-endpoint', 'localhost:8000']])('%s "%s" is refused', async (flag, value) => {
    const { status, err } = await ask([...(flag === '--table' ? [] : ['--table', 't']), flag, value]);
    expect(status).toBe(2);
    expect(err).toMatch(new RegExp(`^${flag} is n`));
  });
});
