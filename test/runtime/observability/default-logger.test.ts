import { defaultLogger } from '../../../runtime/observability/default-logger';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** What the default logger prints, in a function with this environment. */
function printed(environment: Record<string, string>): Record<string, unknown>[] {
  Object.assign(process.env, environment);
  const lines: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => (lines.push(String(chunk)), true));
  try {
    const logger = defaultLogger();
    logger.info('idempotency: executed', { idempotency: { outcome: 'executed' } });
  } finally {
    spy.mockRestore();
  }
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test.each<[string, Record<string, string>, string]>([
  ['the service’s name where one is set', { POWERTOOLS_SERVICE_NAME: 'shop', AWS_LAMBDA_FUNCTION_NAME: 'create-payment' }, 'shop'],
  ['else the function’s', { AWS_LAMBDA_FUNCTION_NAME: 'create-payment' }, 'create-payment'],
  ['an empty name counts as none', { POWERTOOLS_SERVICE_NAME: '', AWS_LAMBDA_FUNCTION_NAME: 'create-payment' }, 'create-payment'],
  ['and outside Lambda what Powertools says', {}, 'service_undefined'],
])('lines bear %s', (_, environment, service) => {
  expect(printed(environment)).toEqual([expect.objectContaining({ service, message: 'idempotency: executed', idempotency: { outcome: 'executed' } })]);
});

test('sampling, which is the user’s for lines of their own, changes none of ours', () => {
  const [line, ...more] = printed({ POWERTOOLS_LOGGER_SAMPLE_RATE: '1' });
  expect(more).toEqual([]);
  expect(line!.sampling_rate ?? 0).toBe(0);
});

test('the level that Powertools is set to holds', () => {
  expect(printed({ POWERTOOLS_LOG_LEVEL: 'ERROR' })).toEqual([]);
});
