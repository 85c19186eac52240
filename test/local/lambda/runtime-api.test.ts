import { RuntimeApi, type Answer } from '../../../local/lambda/runtime-api';

let api: RuntimeApi;
let answers: Answer[];
let asked: number;

beforeEach(async () => {
  answers = [];
  asked = 0;
  api = await RuntimeApi.start({
    onNext: () => {
      asked++;
      api.deliver({ requestId: `request-${asked}`, event: '{}', deadline: 5, functionArn: 'arn', traceId: 'trace' });
    },
    onAnswer: (answer) => answers.push(answer),
    onInitError: (error) => answers.push({ kind: 'threw', error }),
  });
});
afterEach(() => api.close());

const call = (path: string, init?: RequestInit) => fetch(`http://${api.address}/2018-06-01/runtime/${path}`, init);
const post = (path: string, body: unknown) => call(path, { method: 'POST', body: JSON.stringify(body) });

test('the next invocation comes with the headers that Lambda documents', async () => {
  const response = await call('invocation/next');

  expect(Object.fromEntries(response.headers)).toMatchObject({
    'lambda-runtime-aws-request-id': 'request-1',
    'lambda-runtime-deadline-ms': '5',
    'lambda-runtime-invoked-function-arn': 'arn',
    'lambda-runtime-trace-id': 'trace',
  });
  expect(await response.json()).toEqual({});
});

test('an invocation is answered once, and only the one that runs', async () => {
  await call('invocation/next');

  expect((await post('invocation/another/response', 1)).status).toBe(400);
  expect((await post('invocation/request-1/response', 2)).status).toBe(202);
  expect((await post('invocation/request-1/error', { errorType: 'Late' })).status).toBe(400);
  expect(answers).toEqual([{ kind: 'returned', payload: 2, body: Buffer.from('2') }]);
});

test('asking for the next invocation without an answer is an error of the function', async () => {
  await call('invocation/next');
  await call('invocation/next');

  expect(answers).toEqual([{ kind: 'threw', error: expect.objectContaining({ errorType: 'Runtime.NoResponse' }) }]);
  expect(asked).toBe(2);
});

test('an error document without its members is an error all the same', async () => {
  await call('invocation/next');
  await post('invocation/request-1/error', { trace: ['at a'] });

  const document = Buffer.from('{"trace":["at a"]}');
  expect(answers).toEqual([{ kind: 'threw', error: { errorType: 'Error', errorMessage: '', trace: ['at a'], document } }]);
});

test('anything else is not found', async () => {
  expect((await call('invocation/request-1/response')).status).toBe(404);
  expect((await post('restore/next', 1)).status).toBe(404);
});

test('F179: a runtime that has asked for an invocation has loaded: what it calls an error of that is refused, as Lambda does', async () => {
  await call('invocation/next');

  const refused = await post('init/error', { errorType: 'Init<JSON::GeneratorError>', errorMessage: 'source sequence is illegal' });
  expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ errorType: 'InvalidStateTransition' })]);
  expect(answers).toEqual([]);
  expect((await post('invocation/request-1/response', 1)).status).toBe(202);
  expect((await post('init/error', { errorType: 'Init<KeyError>' })).status).toBe(403);
  expect(answers).toEqual([{ kind: 'returned', payload: 1, body: Buffer.from('1') }]);
});

test('F179: before that, it is what became of the function', async () => {
  expect((await post('init/error', { errorType: 'Init<KeyError>' })).status).toBe(202);
  expect(answers).toEqual([{ kind: 'threw', error: expect.objectContaining({ errorType: 'Init<KeyError>' }) }]);
});
