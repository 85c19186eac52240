import { send, type Answer, type Sent } from './support/http';
import { LocalRun } from './support/local-run';
import { eventually } from './support/place';
import { LOG_FIELD } from '../../lib/contract';

jest.setTimeout(60_000);

let run: LocalRun;

beforeAll(async () => {
  run = await LocalRun.start('wrapping-app.ts');
}, 180_000);

afterAll(() => run?.stop());

interface Way {
  readonly name: string;
  readonly api: string;
  readonly path: string;
  /** Where `idempotent()` in code has options of its own. */
  readonly marker: 'x-in-code' | 'x-from-construct';
  /** What the gateway makes of a throw. */
  readonly thrown: { readonly status: number; readonly body: string };
}

const HTTP = { status: 500, body: '{"message":"Internal Server Error"}' };
const REST = { status: 502, body: '{"message": "Internal server error"}' };
const FUNCTION_URL = { status: 502, body: 'Internal Server Error' };

const WAYS: readonly Way[] = [
  { name: 'addRoutes, a plain folder', api: 'Api', path: '/plain', marker: 'x-from-construct', thrown: HTTP },
  { name: 'addRoutes, an export within an export of a nested module', api: 'Api', path: '/nested', marker: 'x-from-construct', thrown: HTTP },
  { name: 'addRoutes, a CommonJS bundle', api: 'Api', path: '/common', marker: 'x-from-construct', thrown: HTTP },
  { name: 'addRoutes, an ES module bundle with top-level await', api: 'Api', path: '/module', marker: 'x-from-construct', thrown: HTTP },
  { name: 'addRoutes of a REST API', api: 'Rest', path: '/rest', marker: 'x-from-construct', thrown: REST },
  { name: 'attach, an export within an export of a nested module', api: 'Own', path: '/attached-folder', marker: 'x-from-construct', thrown: HTTP },
  { name: 'attach, a CommonJS bundle', api: 'Own', path: '/attached-common', marker: 'x-from-construct', thrown: HTTP },
  { name: 'attach, an ES module bundle with top-level await', api: 'Own', path: '/attached-module', marker: 'x-from-construct', thrown: HTTP },
  { name: 'mixin, an export within an export of a nested module', api: 'Own', path: '/mixed-folder', marker: 'x-from-construct', thrown: HTTP },
  { name: 'mixin, a CommonJS bundle', api: 'Own', path: '/mixed-common', marker: 'x-from-construct', thrown: HTTP },
  { name: 'mixin, an ES module bundle with top-level await', api: 'Own', path: '/mixed-module', marker: 'x-from-construct', thrown: HTTP },
  { name: 'attach, behind a Function URL', api: 'Direct', path: '/', marker: 'x-from-construct', thrown: FUNCTION_URL },
  { name: 'in code, a CommonJS bundle', api: 'Own', path: '/in-code', marker: 'x-in-code', thrown: HTTP },
  { name: 'in code, an ES module bundle with top-level await', api: 'Own', path: '/in-code-module', marker: 'x-in-code', thrown: HTTP },
  { name: 'in code, an export within an export of a nested module', api: 'Own', path: '/in-code-folder', marker: 'x-in-code', thrown: HTTP },
  { name: 'in code and by addRoutes', api: 'Api', path: '/both', marker: 'x-in-code', thrown: HTTP },
  { name: 'in code and by addRoutes, an ES module', api: 'Api', path: '/both-module', marker: 'x-in-code', thrown: HTTP },
  { name: 'F87: in code and by addRoutes, hidden by what copies the context', api: 'Api', path: '/hidden', marker: 'x-from-construct', thrown: HTTP },
];

const MARKERS = ['x-idempotent-replay', 'x-in-code', 'x-from-construct'];

const shown = ({ status, headers, body }: Answer) => ({
  status, body, run: headers['x-run'], markers: MARKERS.filter((name) => headers[name] === 'true'),
});

describe.each(WAYS)('$name', ({ api, path, marker, thrown }) => {
  const order = (name: string) => `${path} ${name}`;
  const post = async (sent: Sent) => shown(await send(`${await run.url(api)}${path}`, sent));
  const runs = (name: string) => run.place.executions(order(name)).map((execution) => execution.run);
  const markers = ['x-idempotent-replay', marker];

  test('executes once, replays, and refuses another request', async () => {
    const request = { key: 'one', body: { order: order('one') } };
    const first = await post(request);
    const again = await post({ ...request, key: '"one"' });
    const other = await post({ ...request, body: { order: order('one'), status: 200 } });

    const [only, ...further] = runs('one');
    expect(further).toEqual([]);
    const recorded = { status: 201, body: JSON.stringify({ run: only }), run: only };
    expect(first).toEqual({ ...recorded, markers: [] });
    expect(again).toEqual({ ...recorded, markers });
    expect(other).toEqual({
      status: 422,
      body: '{"code":"IDEMPOTENCY_KEY_REUSED","message":"Idempotency key already used for different request","status":422}',
      run: undefined,
      markers: [],
    });
  });

  test('a request without a key goes straight to the handler', async () => {
    await post({ body: { order: order('keyless') } });
    await post({ body: { order: order('keyless') } });
    expect(runs('keyless')).toHaveLength(2);
  });

  test('a retry of what is under way is a conflict', async () => {
    const gate = path.slice(1) || 'root';
    const request = { key: 'gated', body: { order: order('gated'), gate } };
    const first = post(request);
    await eventually(() => runs('gated')[0]);
    const retry = await post(request);
    run.place.open(gate);

    expect(retry.status).toBe(409);
    expect((await first).status).toBe(201);
    expect(await post(request)).toEqual({ ...await first, markers });
    expect(runs('gated')).toHaveLength(1);
  });

  test('a throw is the gateway\'s error, and so is its replay', async () => {
    const request = { key: 'thrown', body: { order: order('thrown'), throws: true } };
    const first = await post(request);
    const again = await post(request);

    expect(first).toEqual({ ...thrown, run: undefined, markers: [] });
    expect(again).toEqual({ ...first, markers });
    expect(runs('thrown')).toHaveLength(1);
  });
});

test.each([['both', 'Both'], ['both-module', 'BothModule'], ['hidden', 'Hidden']])(
  'wrapped in code and redirected (%s) is wrapped once: one log line of each request', async (path, functionId) => {
    const url = `${await run.url('Api')}/${path}`;
    const told = () => run.logs(functionId).filter((line) => line.includes(`"${LOG_FIELD}":`)).length;
    const before = told();
    for (let count = 1; count <= 3; count += 1) await send(url, { key: 'wrapped-once', body: { order: `${path} wrapped once` } });
    await run.until(() => (told() >= before + 3 ? true : undefined));
    // A line of a second wrapper would have come before the next request's.
    await send(url, { key: 'wrapped-once', body: { order: `${path} wrapped once` } });
    await run.until(() => (told() >= before + 4 ? true : undefined));
    expect(told()).toBe(before + 4);
    expect(run.place.executions(`${path} wrapped once`)).toHaveLength(1);
  });

describe.each([['CommonJS', 'hooks'], ['an ES module', 'hooks-of-module']])('a redirected module that exports options (%s)', (_, path) => {
  test('tells its onDuplicate of each duplicate', async () => {
    const url = `${await run.url('Api')}/${path}`;
    const body = { order: `${path} duplicates` };
    await send(url, { key: 'told', body });
    await send(url, { key: 'told', body });
    await send(url, { key: 'told', body: { ...body, status: 200 } });

    const told = run.place.lines('duplicates').map((line) => JSON.parse(line)).filter(({ route }) => route === `/${path}`);
    const { id } = (await run.requests(`/${path}`, 3))[0]!;
    const record = { method: 'POST', route: `/${path}`, id, attempt: 1, statusCode: 201, dated: true, requestId: expect.stringMatching(/./) };
    expect(told).toEqual([{ ...record, outcome: 'replay' }, { ...record, outcome: 'mismatch' }]);
  });

  test('F59: records what its predicate accepts', async () => {
    const url = `${await run.url('Api')}/${path}`;
    const kept = { key: 'kept', body: { order: `${path} kept`, status: 500 } };
    const free = { key: 'free', body: { order: `${path} free`, status: 202 } };
    expect((await send(url, kept)).replayed).toBe(false);
    expect((await send(url, kept)).replayed).toBe(true);
    expect((await send(url, free)).status).toBe(202);
    expect((await send(url, free)).replayed).toBe(false);
    expect(run.place.executions(`${path} kept`)).toHaveLength(1);
    expect(run.place.executions(`${path} free`)).toHaveLength(2);
  });
});

describe('helpers in the function\'s own bundle, under the wrapper of the layer', () => {
  test('idempotencyOf tells of the execution that the layer claimed', async () => {
    const url = `${await run.url('Api')}/helpers`;
    const answer = await send(url, { key: '"quoted"', body: { order: 'helpers' } });
    expect([answer.status, answer.body]).toEqual([201, '{"attempt":1}']);

    const [request] = await run.requests('/helpers', 1);
    expect(run.place.executions('helpers')).toEqual([{
      order: 'helpers',
      run: expect.any(String),
      key: 'quoted',
      id: request!.id,
      attempt: 1,
      isTakeover: false,
      derivedKey: expect.stringMatching(/^\S{20,}$/),
      leaseEnd: expect.any(Number),
      aborted: false,
    }]);
  });

  test('idempotencyOf tells of none where the request has no key', async () => {
    await send(`${await run.url('Api')}/helpers`, { body: { order: 'unprotected' } });
    expect(run.place.executions('unprotected')).toEqual([{ order: 'unprotected' }]);
  });

  test('F60: RetryableError lets the next retry run, which has the same derived key and is no takeover', async () => {
    const url = `${await run.url('Api')}/helpers`;
    const request = { key: 'busy', body: { order: 'busy', busy: true } };
    expect((await send(url, request)).status).toBe(500);
    expect((await send(url, request)).body).toBe('{"attempt":2}');
    expect((await send(url, request)).replayed).toBe(true);

    const [first, second, ...further] = run.place.executions('busy');
    expect(further).toEqual([]);
    expect(second).toMatchObject({ attempt: 2, isTakeover: false, id: first!.id, derivedKey: first!.derivedKey });
  });
});
