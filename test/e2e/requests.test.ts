import { send, times, type Answer, type Sent } from './support/http';
import { LocalRun } from './support/local-run';
import { eventually } from './support/place';
import { HEADERS } from '../../lib/contract';

jest.setTimeout(60_000);

let run: LocalRun;
let api: string;

beforeAll(async () => {
  run = await LocalRun.start('payments-app.ts');
  api = await run.url('Api');
}, 180_000);

afterAll(() => run?.stop());

const CONFLICT = '{"code":"IDEMPOTENCY_CONFLICT","message":"A request with this idempotency key is already being processed","status":409}';

const isConflict = ({ status, body }: Answer) => status === 409 && body === CONFLICT;
const isExecution = ({ status, replayed }: Answer) => status === 201 && !replayed;

/** Keeps as many sandboxes busy at once, so that what follows meets warm ones. */
const warmUp = (path: string, count: number) =>
  times(count, (index) => send(`${api}${path}`, { key: `warm-${path}-${index}`, body: { order: 'warm', ms: 500 } }));

test('F3, F4: of many retries after a timeout exactly one takes over, once the lease is out', async () => {
  const url = `${api}/brief`;
  await warmUp('/brief', 4);
  const request = { key: 'killed-at-its-timeout', body: { order: 'brief', first: 'hangs', ms: 300 } };

  const first = await send(url, request);
  expect(first.status).toBeGreaterThanOrEqual(500);
  expect(first.code).toBeUndefined();

  const withinTheLease = await send(url, request);
  expect(isConflict(withinTheLease)).toBe(true);
  expect(withinTheLease.headers['retry-after']).toBe('1');

  const retries: Answer[] = [];
  await eventually(async () => {
    retries.push(...await times(12, () => send(url, request)));
    return retries.every(isConflict) ? undefined : true;
  });
  const [takeover, ...others] = [...retries.filter(isExecution), ...retries.filter((answer) => !isExecution(answer))];
  expect(isExecution(takeover!)).toBe(true);
  expect(others.filter((answer) => !isConflict(answer) && !(answer.replayed && answer.body === takeover!.body))).toEqual([]);

  const later = await times(8, () => send(url, request));
  expect(later.map(({ status, replayed, body }) => ({ status, replayed, body }))).toEqual(
    Array(8).fill({ status: 201, replayed: true, body: takeover!.body }));

  const [original, second, ...further] = run.place.executions('brief');
  expect(further).toEqual([]);
  expect(original).toMatchObject({ attempt: 1, isTakeover: false });
  expect(second).toMatchObject({ attempt: 2, isTakeover: true, id: original!.id, derivedKey: original!.derivedKey });
  expect(JSON.parse(takeover!.body)).toEqual({ run: second!.run });
  expect(original!.derivedKey).toMatch(/^\S{20,}$/);
});

test('F20: past the integration\'s timeout the client gets the gateway\'s 503, its retry 409, and then the replay', async () => {
  const url = `${api}/patient`;
  await warmUp('/patient', 2);
  const request = { key: 'outlived', body: { order: 'patient', gate: 'patient' } };

  const first = await send(url, request);
  expect([first.status, first.body, first.code]).toEqual([503, '{"message":"Service Unavailable"}', undefined]);
  expect(isConflict(await send(url, request))).toBe(true);

  run.place.open('patient');
  const answer = await eventually(async () => {
    const retry = await send(url, request);
    return isConflict(retry) ? undefined : retry;
  });
  const [only, ...further] = run.place.executions('patient');
  expect(further).toEqual([]);
  expect([answer.status, answer.replayed, JSON.parse(answer.body)]).toEqual([201, true, { run: only!.run }]);
});

test('one key, 100 requests at once: one execution, conflicts and replays of it', async () => {
  const request = { key: 'all-at-once', body: { order: 'hundred', ms: 200 } };
  const answers = await times(100, () => send(`${api}/payments`, request));

  const [only, ...further] = run.place.executions('hundred');
  expect(further).toEqual([]);
  expect(answers.filter(isExecution)).toHaveLength(1);
  const body = JSON.stringify({ run: only!.run });
  expect(answers.filter((answer) => !isConflict(answer) && !(answer.status === 201 && answer.body === body))).toEqual([]);
});

test('20 keys, 10 requests of each at once: one execution of each key, and no answer of another key', async () => {
  const orders = Array.from({ length: 20 }, (_, index) => `parallel-${index}`);
  const answers = await Promise.all(Array.from({ length: 10 }, () => orders).flat().map(async (order) =>
    ({ order, answer: await send(`${api}/payments`, { key: order, body: { order, ms: 20 } }) })));

  for (const order of orders) {
    const [only, ...further] = run.place.executions(order);
    expect(further).toEqual([]);
    const own = answers.filter((each) => each.order === order).map(({ answer }) => answer);
    const body = JSON.stringify({ run: only!.run });
    expect(own.filter(isExecution)).toHaveLength(1);
    expect(own.filter((answer) => !isConflict(answer) && !(answer.status === 201 && answer.body === body))).toEqual([]);
  }
});

test('each outcome is told by the event of its request', async () => {
  let sent = 0;
  const told = async (name: string, request: Sent) => {
    sent += 1;
    await send(`${api}/mortal`, request);
    const { status, outcome, id } = (await run.requests('/mortal', sent))[sent - 1]!;
    return { name, status, outcome, id };
  };
  const body = { order: 'outcomes' };
  const dying = { key: 'dying', body: { order: 'dying', first: 'dies' } };
  const seen = [
    await told('first', { key: 'one', body }),
    await told('again', { key: 'one', body }),
    await told('another body', { key: 'one', body: { ...body, ms: 1 } }),
    await told('two keys', { key: 'one, two', body }),
    await told('no key', { body }),
    await told('one that dies', dying),
    await told('its retry', dying),
    await eventually(async () => {
      const retry = await told('the retry after its lease', dying);
      return retry.outcome === 'conflict' ? undefined : retry;
    }),
  ];

  const { id } = run.place.executions('outcomes')[0]!;
  const dyingId = run.place.executions('dying')[0]!.id;
  expect(seen).toEqual([
    { name: 'first', status: 201, outcome: 'executed', id },
    { name: 'again', status: 201, outcome: 'replayed', id },
    { name: 'another body', status: 422, outcome: 'mismatch', id },
    { name: 'two keys', status: 400, outcome: 'rejected', id: null },
    { name: 'no key', status: 201, outcome: 'passed', id: null },
    // The function was gone before it could name the record.
    { name: 'one that dies', status: 500, outcome: 'executed', id: null },
    { name: 'its retry', status: 409, outcome: 'conflict', id: dyingId },
    { name: 'the retry after its lease', status: 201, outcome: 'takeover', id: dyingId },
  ]);
});

test('a client that hangs up changes nothing: the execution ends and is replayed', async () => {
  const url = `${api}/payments`;
  const body = { order: 'hung-up', gate: 'hung-up' };
  const impatient = new AbortController();
  const given = fetch(url, {
    method: 'POST', signal: impatient.signal, body: JSON.stringify(body), headers: { [HEADERS.KEY]: 'hung-up', 'content-type': 'application/json' },
  });
  await eventually(() => run.place.executions('hung-up')[0]);
  impatient.abort();
  await expect(given).rejects.toThrow('abort');
  run.place.open('hung-up');

  const answer = await eventually(async () => {
    const retry = await send(url, { key: 'hung-up', body });
    return isConflict(retry) ? undefined : retry;
  });
  expect([answer.status, answer.replayed]).toEqual([201, true]);
  expect(run.place.executions('hung-up')).toHaveLength(1);
});
