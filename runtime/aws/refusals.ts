/**
 * What the error codes of the services mean for another try. Source: "Retry
 * behavior", AWS SDKs and Tools Reference Guide, and the SDK for JavaScript's own lists.
 */

const THROTTLED = new Set([
  'BandwidthLimitExceeded', 'EC2ThrottledException', 'PriorRequestNotComplete', 'ProvisionedThroughputExceededException',
  'RequestLimitExceeded', 'RequestThrottled', 'RequestThrottledException', 'SlowDown', 'ThrottledException', 'Throttling',
  'ThrottlingException', 'TooManyRequestsException', 'TransactionInProgressException',
]);

const TIMED_OUT = new Set(['RequestTimeout', 'RequestTimeoutException']);

const CREDENTIALS_REFUSED = new Set([
  'ExpiredToken', 'ExpiredTokenException', 'InvalidAccessKeyId', 'InvalidClientTokenId', 'InvalidToken',
  'TokenRefreshRequired', 'UnrecognizedClientException',
]);

const TIME_REFUSED = new Set([
  'AuthFailure', 'InvalidSignatureException', 'RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed', 'SignatureDoesNotMatch',
]);

export const isThrottling = (status: number, code: string | undefined): boolean => status === 429 || (code !== undefined && THROTTLED.has(code));

/** What is overloaded, broken or out of reach may recover; other refusals are final. */
export const mayPass = (status: number, code: string | undefined): boolean =>
  status >= 500 || isThrottling(status, code) || (code !== undefined && TIMED_OUT.has(code));

export const refusesCredentials = (code: string | undefined): boolean => code !== undefined && CREDENTIALS_REFUSED.has(code);

/** A clock that is wrong makes a signature that is wrong: which of them it was, the answer's `Date` tells. */
export const mayRefuseTime = (code: string | undefined): boolean => code !== undefined && TIME_REFUSED.has(code);
