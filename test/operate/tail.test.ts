import { Operator } from './support/operator';
import { LogLines, type LoggedOutcome } from '../../operate/log-lines';
import { defaultLogger } from '../../runtime/observability/default-logger';
import { MemoryStore } from '../../runtime/stores/memory/memory-store';
import { httpApiEvent } from '../../runtime/testing/events';
import { idempotentWith } from '../../runtime/testing/idempotent-with';
import { observed } from '../support/quiet';

const ID = 'QJb9Fwpb1kmGmSJ9YO1dPqXhqZ6Ck0mY3kq1bXnq4cQ';
const field = (outcome: string, more: object = {}) => ({ outcome, id: ID, requestId: 'r-1', method: 'POST', route: '/payments', attempt: 1, ms: 42, ...more });
const document = (outcome: string, more?: object) =>
  ({ level: 'INFO', message: `idempotency: ${outcome}`, timestamp: '2026-11-23T19:55:16.123Z', service: 'payments', idempotency: field(outcome, more) });
const line = (outcome: string, more?: object) => JSON.stringify(document(outcome, more));

const read = (log: string): readonly LoggedOutcome[] => {
  const lines = new LogLines();
  return log.split('\n').flatMap((each) => lines.push(each));
};

test.each<[string, string]>([
  ['the function\'s own line', line('replayed')],
  ['CloudWatch\'s text format', `2026-11-23T19:55:16.123Z\tr-1\tINFO\t${line('replayed')}`],
  ['aws logs tail', `2026-11-23T19:55:16.123000+00:00 2026/11/23/[$LATEST]0a1b ${line('replayed')}`],
  ['aws logs tail --format json', `2026-11-23T19:55:16+00:00 2026/11/23/[$LATEST]0a1b\n${JSON.stringify(document('replayed'), null, 4)}`],
  ['sam logs', `2026/11/23/[$LATEST]0a1b 2026-11-23T19:55:16.123000 ${JSON.stringify(document('replayed'), null, 2)}`],
  ['aws logs filter-log-events', JSON.stringify({ events: [{ timestamp: 1, message: 'START RequestId: r-1\n' }, { timestamp: 2, message: `${line('replayed')}\n` }] }, null, 4)],
  ['idempotent-api local --json', JSON.stringify({ event: 'log', function: 'Create', line: line('replayed') })],
  ['Lambda\'s JSON format', JSON.stringify({ timestamp: '2026-11-23T19:55:16.123Z', level: 'INFO', message: document('replayed') })],
])('reads %s', (_, log) => {
  const noise = 'START RequestId: r-1 Version: $LATEST\n{"level":"INFO","message":"idempotency"}\n';
  expect(read(`${noise}${log}\nEND RequestId: r-1`)).toEqual([{ ...field('replayed'), time: '2026-11-23T19:55:16.123Z' }]);
});

test('a brace of others that never closes hides no line', () => {
  expect(read(`request {\n  half\n${line('executed')}\n{\n${line('conflict')}`).map(({ outcome }) => outcome)).toEqual(['executed', 'conflict']);
});

test.each(['{"idempotency":null}', '{"idempotency":{"outcome":7}}', '{"idempotency":', 'idempotency', '"idempotency"', '{"__proto__":{"idempotency":{}}}'])('%s is no outcome', (text) => {
  expect(read(text)).toEqual([]);
});

test('reads what the runtime\'s default logger writes', async () => {
  const written: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const logger = defaultLogger({ AWS_LAMBDA_FUNCTION_NAME: 'payments' });
  const handler = idempotentWith({}, () => ({ statusCode: 201 }), { store: new MemoryStore(), logger, metrics: observed().metrics });
  const event = httpApiEvent({ headers: { 'Idempotency-Key': 'order-0001' } });
  await handler(event, { awsRequestId: 'r-1' });
  await handler(event, { awsRequestId: 'r-2' });
  write.mockRestore();
  expect(read(written.join(''))).toMatchObject([
    { outcome: 'executed', method: 'POST', route: '/payments', attempt: 1, requestId: 'r-1', time: expect.stringMatching(/^20/) },
    { outcome: 'replayed', requestId: 'r-2' },
  ]);
});

const OTHER = 'Zb9FwpbQJ1kmGmSJ9YO1dPqXhqZ6Ck0mY3kq1bXnq4c';
const LOG = [line('executed'), line('conflict', { attempt: 2 }), line('mismatch', { id: OTHER }), 'REPORT', line('store_error', { reason: 'the claim is unknown', cause: 'TimeoutError' })].join('\n');
const operator = new Operator();

test('prints one line for each request', async () => {
  const { status, out } = await operator.run('tail', [], { input: LOG });
  expect(status).toBe(0);
  expect(out.split('\n')).toEqual([
    `2026-11-23T19:55:16.123Z  executed     POST  /payments  42 ms  id ${ID}  request r-1`,
    `2026-11-23T19:55:16.123Z  conflict     POST  /payments  42 ms  attempt 2  id ${ID}  request r-1`,
    `2026-11-23T19:55:16.123Z  mismatch     POST  /payments  42 ms  id ${OTHER}  request r-1`,
    `2026-11-23T19:55:16.123Z  store_error  POST  /payments  42 ms  the claim is unknown  (TimeoutError)  id ${ID}  request r-1`,
  ]);
});

test('prints those asked for: by outcome, by record', async () => {
  const outcomes = async (...argv: string[]) => (await operator.run('tail', [...argv, '--json'], { input: LOG })).out.split('\n').map((text) => (JSON.parse(text) as LoggedOutcome).outcome);
  expect(await outcomes('--outcome', 'conflict, mismatch')).toEqual(['conflict', 'mismatch']);
  expect(await outcomes('--id', OTHER)).toEqual(['mismatch']);
  expect(await outcomes('--id', ID.slice(0, 8), '--outcome', 'executed,mismatch')).toEqual(['executed']);
});

test('an outcome that is none is refused, with those that are', async () => {
  expect(await operator.run('tail', ['--outcome', 'conflicts'])).toEqual({
    status: 2,
    out: '',
    err: '--outcome "conflicts" is none of executed, replayed, conflict, mismatch, rejected, takeover, superseded, store_error (see "idempotent-api tail --help")',
  });
});

test('what a log holds moves no cursor', async () => {
  const { out } = await operator.run('tail', [], { input: line('executed', { route: '/a\u001b[2J\nb' }) });
  expect(out).toContain('/a\ufffd[2J b');
});
