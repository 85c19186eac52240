import type { Observed } from './quiet';
import { emfMetrics } from '../../runtime/observability/emf-metrics';

/** What a client sends that no sink may hold; shorter texts could be found anywhere by chance. */
const LEAST = 6;

const sinks: Observed[] = [];
const secrets = new Set<string>();

/**
 * Marked values in, every sink searched for them: F71 for a whole test file.
 * Path and method are no secrets, nor is what a gateway says of itself.
 */
export const canary = {
  watch: (seen: Observed): void => void sinks.push(seen),
  sent(event: unknown): void {
    const { headers, multiValueHeaders, body, rawQueryString, queryStringParameters, requestContext } = (event ?? {}) as Record<string, unknown>;
    const keyHeaders = Object.entries({ ...(headers as object), ...(multiValueHeaders as object) }).filter(([name]) => /key|tenant/i.test(name));
    const { authorizer } = (requestContext ?? {}) as Record<string, unknown>;
    texts([keyHeaders.map(([, value]) => value), body, rawQueryString, queryStringParameters, authorizer]).forEach((text) => secrets.add(text));
  },
  /** Every line that the sinks hold, as logger and metrics would print it. */
  lines(): readonly string[] {
    const lines: string[] = [];
    for (const { lines: logged, measurements } of sinks) {
      lines.push(...logged.map((line) => JSON.stringify(line)));
      const metrics = emfMetrics((line) => lines.push(line));
      measurements.forEach((measurement) => metrics.measure(measurement));
    }
    return lines;
  },
  leaks: (): readonly string[] => [...secrets].filter((secret) => canary.lines().some((line) => line.includes(secret))),
  forget(): void {
    sinks.length = 0;
    secrets.clear();
  },
};

const texts = (value: unknown): string[] => {
  if (typeof value === 'string') return value.length < LEAST ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
};

afterEach(() => {
  const leaks = canary.leaks();
  canary.forget();
  expect(leaks).toEqual([]);
});
