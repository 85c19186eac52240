import { explore } from './explorer/explore';
import type { Scenario } from './explorer/scenario';
import { VARIANTS } from './expression-variants';

jest.setTimeout(600_000);

const RETRIES: Scenario = { requests: 2, faults: 1, jumps: 1, payloads: [1, 1], expressions: true };

test.each<[string, Partial<Scenario>]>([
  ['two retries of one request', {}],
  ['two requests with different payloads', { payloads: [1, 2] }],
  ['one that asks to be retried', { retryable: [0] }],
])('I2 to I8, I10 hold for the expressions that are sent, state by state as for the pure transitions: %s', async (_, scenario) => {
  const all: Scenario = { ...RETRIES, jumpsTo: ['lease'], ...scenario };
  const [sent, pure] = [await explore(all), await explore({ ...all, expressions: undefined })];
  expect([sent.violation, sent.states, sent.schedules]).toEqual([undefined, pure.states, pure.schedules]);
});

test('I10 holds for the transactions that are sent', async () => {
  const { violation, states } = await explore({ ...RETRIES, jumpsTo: ['lease'], commits: [0, 1] }, { reduced: false });
  expect(violation).toBeUndefined();
  expect(states).toBeGreaterThan(1_000);
});

test.each(Object.entries(VARIANTS))('the exploration finds an expression where %s', async (_, { invariant, scenario, rewrite }) => {
  const { violation } = await explore({ ...RETRIES, jumpsTo: ['lease'], ...scenario, expressions: rewrite });
  expect(violation?.invariant).toMatch(invariant);
});
