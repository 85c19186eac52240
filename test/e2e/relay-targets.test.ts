/** Functions of every kind behind relays, under `idempotent-api local`: what an invocation may end with, row by row. */
import { readFileSync } from 'node:fs';
import { send, times, type Answer } from './support/http';
import { LambdaAstray, passOn, refuse, type Fate } from './support/lambda-astray';
import { LocalRun } from './support/local-run';
import { eventually } from './support/place';

jest.setTimeout(120_000);

let run: LocalRun;
let api: string;
let astray: LambdaAstray;

beforeAll(async () => {
  astray = await LambdaAstray.start();
  run = await LocalRun.startApp('test/e2e/fixtures/relay-app.ts', { LAMBDA_ASTRAY: astray.endpoint });
  api = await run.url('Api');
  astray.behind = (await send(`${api}/endpoint`, { method: 'GET' })).body;
}, 180_000);

afterAll(async () => {
  await run?.stop();
  await astray?.stop();
});

const post = (route: string, order: string, request: object = {}) =>
  send(`${api}${route}`, { key: order.replaceAll(' ', '-'), body: { order, ...request } });
const executions = (order: string) => run.place.executions(order);
const isConflict = ({ status, code }: Answer) => status === 409 && code === 'IDEMPOTENCY_CONFLICT';
const isExecution = ({ status, replayed }: Answer) => status === 201 && !replayed;
const seen = ({ status, replayed, body }: Answer) => ({ status, replayed, body });
/** What an API answers for a function that failed. */
const FAILED = { status: 500, replayed: false, body: '{"message":"Internal Server Error"}' };

/** Orders whose execution is not known to have come to an end. */
const unfinished: { readonly route: string; readonly order: string; readonly request: object }[] = [];

/** Nothing recorded and nothing released: a retry is a conflict, and not executed. */
async function staysUnfinished(route: string, order: string, request: object): Promise<void> {
  expect(isConflict(await post(route, order, request))).toBe(true);
  unfinished.push({ route, order, request });
}

/** Processes of a function, by what Lambda tells each of itself. */
const processesOf = (name: string): readonly number[] => run.processes().filter(({ pid }) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').some((variable) => variable.startsWith(`AWS_LAMBDA_FUNCTION_NAME=${name}`));
  } catch {
    return false;
  }
}).map(({ pid }) => pid);

describe.each(['/payments', '/custom', '/imported'])('a function that cannot be redirected (%s)', (route) => {
  const named = (name: string) => `${route} ${name}`;

  test('F190: of 100 requests at once one is executed, and the others are conflicts or its replays', async () => {
    const order = named('hundred');
    const answers = await times(100, () => post(route, order, { ms: 200 }));
    const [only, ...further] = executions(order);
    expect([only, further]).toEqual([expect.objectContaining({ attempt: 1, isTakeover: false }), []]);
    const [first, ...others] = answers.filter(isExecution);
    expect(others).toEqual([]);
    const { body } = first!;
    expect(JSON.parse(body)).toEqual({ run: only!.run });
    expect(answers.filter((answer) => !isConflict(answer) && !(answer.status === 201 && answer.body === body))).toEqual([]);
    expect(seen(await post(route, order, { ms: 200 }))).toEqual({ status: 201, replayed: true, body });
  });

  test('F190: another request under its key is a mismatch, and not executed', async () => {
    const order = named('mismatch');
    await post(route, order, { ms: 0 });
    expect(await post(route, order, { ms: 1 })).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(executions(order)).toHaveLength(1);
  });

  test('F163: what it throws is recorded, and replayed as the gateway’s own error', async () => {
    const order = named('thrown');
    expect(seen(await post(route, order, { first: 'declines' }))).toEqual(FAILED);
    expect(seen(await post(route, order, { first: 'declines' }))).toEqual({ ...FAILED, replayed: true });
    expect(executions(order)).toHaveLength(1);
  });
});

describe('a response', () => {
  const raw = async (route: string, order: string, request: object) => {
    const response = await fetch(`${api}${route}`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': order }, body: JSON.stringify({ order, ...request }),
    });
    const headers = new Map(response.headers);
    const replayed = headers.get('x-idempotent-replay');
    for (const name of ['apigw-requestid', 'connection', 'date', 'keep-alive', 'x-idempotent-replay']) headers.delete(name);
    return { status: response.status, headers, replayed, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  test.each([
    ['binary'], ['bare'], ['null'], ['text'], ['large'],
  ])('F190: is replayed byte for byte, and is what its function answers where no relay is (%s)', async (answer) => {
    const request = { answer, bytes: 5_000_000 };
    const order = `answer-${answer}`;
    const first = await raw('/payments', order, request);
    const again = await raw('/payments', order, request);
    expect(executions(order)).toHaveLength(1);
    expect([first.replayed, again.replayed]).toEqual([undefined, 'true']);
    expect(again.bytes.equals(first.bytes)).toBe(true);
    // Cookies are the first caller's.
    expect(first.headers.has('set-cookie')).toBe(answer === 'binary');
    first.headers.delete('set-cookie');
    expect([again.status, again.headers]).toEqual([first.status, first.headers]);

    const direct = await raw('/direct', order, request);
    direct.headers.delete('set-cookie');
    const unnamed = ({ status, headers, bytes }: typeof first) =>
      ({ status, headers: [...headers].filter(([name]) => name !== 'x-run'), text: bytes.toString('latin1').replace(/[0-9a-f-]{36}/, 'run') });
    expect(unnamed(first)).toEqual(unnamed(direct));
  });
});

describe('a target that threw', () => {
  test('F163: is executed again by a retry, where thrown errors are released', async () => {
    expect(seen(await post('/choosing', 'choosing', { first: 'declines' }))).toEqual(FAILED);
    expect(isExecution(await post('/choosing', 'choosing', { first: 'declines' }))).toBe(true);
    expect(executions('choosing')).toMatchObject([{ attempt: 1, isTakeover: false }, { attempt: 2, isTakeover: false }]);
  });

  test('F163: is executed again by a retry, where it asked for one by a RetryableError', async () => {
    expect(seen(await post('/payments', 'retryable', { first: 'asks for a retry' }))).toEqual(FAILED);
    expect(isExecution(await post('/payments', 'retryable', { first: 'asks for a retry' }))).toBe(true);
    expect(executions('retryable')).toMatchObject([{ attempt: 1 }, { attempt: 2, isTakeover: false }]);
  });
});

test.each([['exits', '/brief'], ['is killed', '/brief'], ['hangs', '/brief'], ['exits', '/custom']])(
  'F163: a target that %s (%s) is a crash: the gateway’s error, nothing recorded, the lease decides', async (first, route) => {
    const order = `${route} ${first}`;
    expect(seen(await post(route, order, { first }))).toEqual(FAILED);
    await staysUnfinished(route, order, { first });
    expect(executions(order)).toHaveLength(1);
  });

test('F199: a target that fails as it is loaded has not run: 503, and once it is mended the same key is executed', async () => {
  expect((await post('/broken', 'broken')).status).toBe(503);
  expect((await post('/broken', 'broken')).status).toBe(503);
  run.place.open('mended');
  expect(isExecution(await post('/broken', 'broken'))).toBe(true);
  expect(executions('broken')).toMatchObject([{ attempt: 3 }]);
});

describe('an invocation that is refused', () => {
  test('F163: is sent again after a 429, and then executed once', async () => {
    astray.does(async (invoke, response, number) => (number === 1 ? refuse(response, 429, 'TooManyRequestsException') : passOn(await invoke(), response)));
    expect(isExecution(await post('/astray', 'throttled'))).toBe(true);
    expect([astray.invocations, executions('throttled').length]).toEqual([2, 1]);
  });

  test('F163: is sent again after a set-up that failed, and then executed once', async () => {
    astray.does(async (invoke, response, number) => (number === 1 ? refuse(response, 502, 'EFSMountTimeoutException') : passOn(await invoke(), response)));
    expect(isExecution(await post('/astray', 'set-up'))).toBe(true);
    expect([astray.invocations, executions('set-up').length]).toEqual([2, 1]);
  });

  test('F163: is answered 503 where the target’s concurrency stays taken, and the key is free', async () => {
    const first = post('/alone', 'alone', { gate: 'alone' });
    await eventually(() => executions('alone')[0]);
    expect(await post('/alone', 'waits')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    run.place.open('alone');
    expect(isExecution(await first)).toBe(true);
    expect(isExecution(await post('/alone', 'waits'))).toBe(true);
    expect(executions('waits')).toHaveLength(1);
  });

  test.each<[string, string, (readonly [number, string]) | undefined]>([
    ['where the target may not run at all (reserved concurrency of 0)', '/closed', undefined],
    ['where the target is a container image, which does not run here', '/image', undefined],
    ['where the target does not exist', '/absent', undefined],
    ['where no connection to Lambda comes about', '/nowhere', undefined],
    ['after 400', '/astray', [400, 'InvalidRequestContentException']],
    ['after 403', '/astray', [403, 'AccessDeniedException']],
    ['after 404', '/astray', [404, 'ResourceNotFoundException']],
    ['after 413', '/astray', [413, 'RequestTooLargeException']],
  ])('F163: is answered 503 %s, and the key is free', async (_, route, refusal) => {
    if (refusal) astray.does((_invoke, response) => refuse(response, ...refusal));
    const order = `refused ${route} ${refusal?.[0]}`;
    // Neither is a conflict, and what is let through at last is executed.
    expect((await post(route, order)).status).toBe(503);
    expect((await post(route, order)).status).toBe(503);
    expect(executions(order)).toEqual([]);
    if (!refusal) return;
    astray.does(async (invoke, response) => passOn(await invoke(), response));
    expect(isExecution(await post(route, order))).toBe(true);
    expect(executions(order)).toMatchObject([{ attempt: 3 }]);
  });
});

test.each<[string, Fate]>([
  ['a 500', async (invoke, response) => {
    await invoke();
    refuse(response, 500, 'ServiceException');
  }],
  ['a reset', async (invoke, response) => {
    await invoke();
    response.socket!.resetAndDestroy();
  }],
  ['a half of the answer', async (invoke, response) => {
    const { status, headers, body } = await invoke();
    response.writeHead(status, { ...headers, 'content-length': String(body.length + 1) }).write(body, () => response.destroy());
  }],
  ['silence', async (invoke) => void await invoke()],
])('F163: after %s the target has run, and nobody knows: the gateway’s error, not sent again, the lease decides', async (fate, does) => {
  astray.does(does);
  const order = `astray ${fate}`;
  expect(seen(await post('/astray', order))).toEqual(FAILED);
  await staysUnfinished('/astray', order, {});
  expect([astray.invocations, executions(order).length]).toEqual([1, 1]);
});

test('F3, F163: a relay that is killed while its target runs: no second execution before the lease’s end, and one takeover after it', async () => {
  const request = { gate: 'killed' };
  const first = post('/brief', 'killed', request);
  await eventually(() => executions('killed')[0]);
  processesOf('relay-of-brief').forEach((pid) => process.kill(pid, 'SIGKILL'));
  expect(seen(await first)).toEqual(FAILED);
  run.place.open('killed');
  await staysUnfinished('/brief', 'killed', request);
});

test('F3, F163: what was left unfinished is taken over once, not before its lease’s end, and told so', async () => {
  astray.does(async (invoke, response) => passOn(await invoke(), response));
  expect(unfinished.length).toBeGreaterThan(8);
  await Promise.all(unfinished.map(async ({ route, order, request }) => {
    const retries = await eventually(async () => {
      const answers = await times(3, () => post(route, order, request));
      return answers.every(isConflict) ? undefined : answers;
    }, 500);
    expect(retries.filter((answer) => !isConflict(answer) && answer.status !== 201)).toEqual([]);
    const [original, second, ...further] = executions(order);
    expect([order, further]).toEqual([order, []]);
    expect(second).toMatchObject({ attempt: 2, isTakeover: true });
    // The one in a shell does not tell when.
    if (route !== '/custom') expect(second!.began).toBeGreaterThanOrEqual(original!.leaseEnd!);
  }));
});
