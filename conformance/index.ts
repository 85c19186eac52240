/**
 * A black-box suite for HTTP APIs with idempotency keys, for any test framework:
 *
 * ```
 * for (const test of suite) it(test.title, () => test.run({ url, effects }));
 * ```
 */
export { ConformanceError, type ConformanceErrorCode } from './conformance-error';
export type { Level, RouteName } from './definition';
export { PROFILE_NAMES, type ProfileName } from './profile-name';
export { describeRule, urlOfRule, type Rule, type Source } from './rules';
export type { Exchange } from './run/exchange';
export type { Outcome } from './run/outcome';
export { ConformanceFailure, suite, suiteOf, type ConformanceTest } from './suite';
export type { Target } from './target';
