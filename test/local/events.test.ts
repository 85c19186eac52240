import { createReporter } from '../../local/events';
import { emfMetrics } from '../../runtime/observability/emf-metrics';

function reporter(json: boolean) {
  const lines: string[] = [];
  return { lines, reporter: createReporter(json, { out: (line) => lines.push(line), err: (line) => lines.push(`! ${line}`) }) };
}

const outcomeLine = (outcome: string): string => `{"level":"INFO","message":"idempotency: ${outcome}","idempotency":{"outcome":"${outcome}","id":"i"}}`;

function metricsLine(): string {
  let written = '';
  emfMetrics((line) => (written = line.trimEnd()), () => 0).measure({ service: 's', route: 'POST /p', counters: ['CacheHits'] });
  return written;
}

test('text: what a request line tells already is not told again, a fault and the handler’s own lines are', () => {
  const { lines, reporter: text } = reporter(false);
  for (const line of ['charging 100 EUR', outcomeLine('replayed'), metricsLine(), outcomeLine('store_error'), '{"_aws":{},"mine":1}']) {
    text.log({ function: 'Pay', line });
  }
  expect(lines).toEqual(['log Pay charging 100 EUR', `log Pay ${outcomeLine('store_error')}`, 'log Pay {"_aws":{},"mine":1}']);
});

test('text: tables, the window’s address once, and a ready line for each API, the last of which says that all is ready', () => {
  const { lines, reporter: text } = reporter(false);
  const api = (id: string, port: number) => ({ id, kind: 'http' as const, url: `http://127.0.0.1:${port}`, stack: 'S' });
  text.ready({ apis: [api('One', 3000), api('Two', 3001)], dynamodb: 'http://d', tables: [{ id: 'T', name: 't' }] });
  expect(lines).toEqual([
    'table T t http://d', 'window http://127.0.0.1:3000/__idempotency', 'ready One http http://127.0.0.1:3000', 'ready Two http http://127.0.0.1:3001',
  ]);
});

test('json: every line is an object, nothing is left out', () => {
  const { lines, reporter: json } = reporter(true);
  json.log({ function: 'Pay', line: outcomeLine('replayed') });
  json.log({ function: 'Pay', line: metricsLine() });
  json.warning('careful');
  json.ready({ apis: [{ id: 'Api', kind: 'http', url: 'http://127.0.0.1:1', stack: 'S' }], dynamodb: 'http://d', tables: [{ id: 'T', name: 't' }] });
  json.request({ api: 'Api', method: 'POST', path: '/p', status: 201, outcome: 'executed', id: null, ms: 3 });
  expect(lines.map((line) => JSON.parse(line.replace(/^! /, '')))).toEqual([
    { event: 'log', function: 'Pay', line: outcomeLine('replayed') },
    { event: 'log', function: 'Pay', line: metricsLine() },
    { event: 'warning', message: 'careful' },
    { event: 'ready', apis: [{ id: 'Api', kind: 'http', url: 'http://127.0.0.1:1', stack: 'S' }], dynamodb: 'http://d', tables: [{ id: 'T', name: 't' }] },
    { event: 'request', api: 'Api', method: 'POST', path: '/p', status: 201, outcome: 'executed', id: null, ms: 3 },
  ]);
});
