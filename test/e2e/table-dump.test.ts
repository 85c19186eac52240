import path from 'node:path';
import { LocalRun } from './support/local-run';
import { sent } from './support/sent';
import { dumped, filesBelow, holds, streamed } from './support/table-dump';
import { unsigned } from '../../conformance/peers/cdk-idempotent-api/targets';
import { albEvent } from '../../runtime/testing/events';
import { seen, type Seen } from '../support/fronts';
import { MARKER } from '../support/shop';

jest.setTimeout(240_000);

/** What is looked for, everywhere. */
const MARKS = { key: 'key-4c6f88d1a9', tenant: 'tenant-90be37c2', card: 'card-5be1f07a66', header: 'account-77d9ac30', body: 'answer-d30c1f8be2' };
/** The same where responses are not encrypted: what is found of it says that the search can find. */
const OPEN: typeof MARKS = { key: 'key-b31c07e9d4', tenant: 'tenant-1fa8e6d3', card: 'card-c84d92b115', header: 'account-e05b61f7', body: 'answer-7a92d4e6c0' };

/** Small, deflated in the record, beside it, and in the bucket where there is one. */
const PAYMENTS: Readonly<Record<string, object>> = { small: {}, repeated: { repeated: 2_000 }, large: { noise: 60_000 }, larger: { noise: 300_000 } };
const bodyOf = (payment: string, { card, header, body } = MARKS): string =>
  JSON.stringify({ card, account: header, answer: body, ...PAYMENTS[payment] });
const found = (pieces: readonly Buffer[], marks: typeof MARKS): readonly string[] =>
  Object.entries(marks).flatMap(([name, mark]) => (holds(pieces, mark) ? [name] : []));


type Pay = (payment: string) => Promise<Seen>;
const SEALED = ['HTTP API', 'REST API', 'Function URL', 'ALB', 'ALB with multi-value headers'] as const;

let local: LocalRun;
let sentRequests = 0;
let data: string;
let endpoint: string;
let tables: ReadonlyMap<string, string>;
let pay: Readonly<Record<(typeof SEALED)[number] | 'not encrypted', Pay>>;

beforeAll(async () => {
  local = await LocalRun.startApp('test/e2e/fixtures/sealed-app.ts', {}, ['--data', 'data']);
  data = path.join(local.place.project, 'data');
  const ready = await local.ready();
  endpoint = ready.dynamodb!;
  tables = new Map(ready.tables.map(({ id, name }) => [id, name]));
  for (const name of tables.values()) await streamed(endpoint, name);

  const urls = Object.fromEntries(ready.apis.map(({ id, url }) => [id, url]));
  const to = (url: string, headers: Readonly<Record<string, string>>, marks = MARKS): Pay => async (payment) => {
    const body = bodyOf(payment, marks);
    sentRequests++;
    sent.remember(marks.key, marks.tenant, body, headers.authorization);
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': `${marks.key}-${payment}`, ...headers }, body });
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()).toString('latin1') };
  };
  const invocations = await (await fetch(urls.Direct!)).text();
  const balanced = (multiValueHeaders: boolean): Pay => async (payment) => {
    const headers = { 'idempotency-key': `${MARKS.key}-${payment}`, 'x-tenant': MARKS.tenant };
    const event = albEvent({ method: 'POST', path: `/balanced/${multiValueHeaders}`, headers, body: bodyOf(payment), multiValueHeaders });
    return seen(await (await fetch(invocations, { method: 'POST', body: JSON.stringify(event) })).json());
  };
  pay = {
    'HTTP API': to(`${urls.Http}/payments`, { authorization: `Bearer ${unsigned(MARKS.tenant)}` }),
    'REST API': to(`${urls.Rest}/payments`, { authorization: `Bearer ${MARKS.tenant}` }),
    'Function URL': to(`${urls.Direct}/payments`, { 'x-tenant': MARKS.tenant }),
    'ALB': balanced(false),
    'ALB with multi-value headers': balanced(true),
    'not encrypted': to(`${urls.Open}/payments`, { authorization: `Bearer ${unsigned(OPEN.tenant)}` }, OPEN),
  };
});
afterAll(() => local?.stop());

describe.each([...SEALED, 'not encrypted'] as const)('%s', (front) => {
  const { header, body } = front === 'not encrypted' ? OPEN : MARKS;

  test.each(Object.keys(PAYMENTS))('F113: a %s response is replayed byte for byte', async (payment) => {
    const first = await pay[front](payment);
    expect(first).toMatchObject({ statusCode: 201, headers: { 'x-account': header }, body: expect.stringContaining(body) });
    expect(first.headers).not.toHaveProperty(MARKER);
    const replay = await pay[front](payment);
    expect([replay.statusCode, replay.headers[MARKER], replay.headers['x-account'], replay.body === first.body]).toEqual([201, 'true', header, true]);
  });
});

describe('who has a table and its stream', () => {
  /** A record for each payment; a claim and a completion of it in the stream, with the images before and after. */
  async function piecesOf(id: string): Promise<readonly Buffer[]> {
    const { items, streamed: images, pieces } = await dumped(endpoint, tables.get(id)!);
    expect(items).toBeGreaterThanOrEqual(Object.keys(PAYMENTS).length);
    expect(images).toBeGreaterThan(2 * items);
    return pieces;
  }

  test.each(['Http/Table', 'Rest/Table', 'Fronts/Table'])('F113: finds neither key, tenant and request nor response (%s)', async (id) => {
    expect(found(await piecesOf(id), MARKS)).toEqual([]);
  });

  test('F71: finds responses that are not encrypted, deflated ones too, but no key, tenant and request', async () => {
    const pieces = await piecesOf('Open/Table');
    expect(found(pieces, OPEN)).toEqual(['header', 'body']);
    expect(pieces.some((piece) => piece.includes(OPEN.body.repeat(2_000)))).toBe(true);
  });
});

test('F113: who has the disk below, with the bucket of large responses, finds only what is not encrypted', () => {
  const files = filesBelow(data);
  const contents = [...files.values()];
  expect([...files.keys()].some((file) => file.startsWith('objects'))).toBe(true);
  expect(found(contents, MARKS)).toEqual([]);
  expect(found(contents, OPEN)).toEqual(['header', 'body']);
});

test('F71: who reads what functions and the command print finds none of it', async () => {
  // The command tells of a request once what its sandbox has written is out.
  await local.until(() => local.events.filter(({ event }) => event === 'request').length >= sentRequests || undefined);
  const lines = local.events.map((event) => Buffer.from(JSON.stringify(event)));
  expect(lines.length).toBeGreaterThan(2 * (SEALED.length + 1) * Object.keys(PAYMENTS).length);
  expect([found(lines, MARKS), found(lines, OPEN)]).toEqual([[], []]);
});
