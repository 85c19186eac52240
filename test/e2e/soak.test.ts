import { soak } from './support/soak';

/** Requests: each payment is sent three times. */
const ENOUGH = 150;

test('F176: payments and their retries are answered as the protocol says', async () => {
  const { requests, unexplained } = await soak({ stack: 'Clean', clients: 2, goOn: (sent) => sent < ENOUGH });
  expect(unexplained).toEqual([]);
  expect(requests).toBeGreaterThanOrEqual(ENOUGH);
}, 120_000);

test('F176: what each request leaves behind, in the heap and as a timer, is found', async () => {
  const { sandboxes } = await soak({ stack: 'Leaking', clients: 1, goOn: (sent) => sent < ENOUGH });
  expect(sandboxes.length).toBeGreaterThan(0);
  for (const { growing } of sandboxes) expect(growing).toEqual(expect.arrayContaining(['heap', 'timers']));
}, 120_000);
