import fc from 'fast-check';
import { DEFAULTS } from '../../../runtime/configuration/settings';
import { replayedHeaders, storedHeaders } from '../../../runtime/response/replay-headers';

type Headers = readonly (readonly [string, string])[];

const stored = (headers: Headers, replayHeaders = DEFAULTS.replayHeaders as { allow: readonly string[] } | { deny: readonly string[] }) =>
  storedHeaders(headers, { replayHeaders });
const replayed = (headers: Headers, origin?: string, settings: object = {}) =>
  replayedHeaders(headers, { headers: new Map(origin === undefined ? [] : [['origin', [origin]]]) }, { ...DEFAULTS, ...settings });

const NEVER = [
  'Connection', 'Keep-Alive', 'Proxy-Authenticate', 'Proxy-Authorization', 'Proxy-Connection', 'Proxy-Whatever', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade',
  'Set-Cookie', 'Set-Cookie2', 'Authorization', 'WWW-Authenticate', 'Authentication-Info', 'Date', 'Age',
  'X-Amzn-Trace-Id', 'x-amzn-RequestId', 'x-amz-apigw-id', 'traceparent', 'tracestate', 'X-B3-TraceId', 'b3', 'X-Request-Id', 'X-Correlation-Id',
];
const ALWAYS = ['Content-Type', 'Content-Encoding', 'Content-Language', 'Location', 'ETag', 'Cache-Control', 'X-Total-Count', 'Retry-After', 'Vary'];

const anyCase = (name: string) =>
  fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => [...name].map((c, at) => (upper[at] ? c.toUpperCase() : c.toLowerCase())).join(''));
const value = fc.stringMatching(/^[!-~]{1,20}$/);
const pairOf = (names: readonly string[]) => fc.constantFrom(...names).chain((name) => fc.tuple(anyCase(name), value));
const harmless = pairOf(ALWAYS);
const never = pairOf(NEVER.filter((name) => name !== 'Connection'));

describe('what goes on record', () => {
  test.each(NEVER)('F58: %s does not', (name) => {
    expect(stored([[name, 'x'], ['Location', '/1']])).toEqual([['Location', '/1']]);
    expect(replayed([[name, 'x'], ['Location', '/1']])).toEqual([['Location', '/1']]);
  });

  test('F58, F62: whatever case and order, the others stay as they are, repeated ones included', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(harmless.map((pair) => ({ pair, keep: true })), never.map((pair) => ({ pair, keep: false })))), (headers) => {
        const expected = headers.filter(({ keep }) => keep).map(({ pair }) => pair);
        expect(stored(headers.map(({ pair }) => pair))).toEqual(expected);
        expect(replayed(headers.map(({ pair }) => pair))).toEqual(expected);
      }),
    );
  });

  test('F58: what Connection names does not either', () => {
    fc.assert(
      fc.property(fc.subarray(ALWAYS, { minLength: 1 }), (named) => {
        const headers: Headers = [...ALWAYS.map((name) => [name, 'x'] as const), ['connection', ` close,${named.join(' , ').toUpperCase()}`]];
        expect(stored(headers).map(([name]) => name)).toEqual(ALWAYS.filter((name) => !named.includes(name)));
      }),
    );
  });

  test.each<Headers[number]>([['a b', 'x'], ['', 'x'], ['X-A', 'x\r\nSet-Cookie: y'], ['X-A', 'x\0']])('F66: %j, which is no header, does not', (name, text) => {
    expect(stored([[name, text], ['X-B', 'x']])).toEqual([['X-B', 'x']]);
  });

  test('F58: a deny list adds to what does not', () => {
    const headers: Headers = [['X-Internal', '1'], ['Location', '/1'], ['Date', 'now'], ['Content-Type', 'text/plain']];
    expect(stored(headers, { deny: ['x-INTERNAL', 'content-type'] })).toEqual([['Location', '/1'], ['Content-Type', 'text/plain']]);
  });

  test('F58: an allow list leaves no more than it names, and what the body needs to be read', () => {
    const headers: Headers = [['X-Internal', '1'], ['Location', '/1'], ['content-type', 'text/plain'], ['Content-Encoding', 'br'], ['Set-Cookie', 'a=1']];
    expect(stored(headers, { allow: ['location', 'Set-Cookie'] })).toEqual([['Location', '/1'], ['content-type', 'text/plain'], ['Content-Encoding', 'br']]);
    expect(stored(headers, { allow: [] })).toEqual([['content-type', 'text/plain'], ['Content-Encoding', 'br']]);
  });
});

describe('what a replay repeats', () => {
  test('F58: rules that became stricter hold for responses recorded before', () => {
    expect(replayed([['X-Internal', '1'], ['X-Other', '2']], undefined, { replayHeaders: { deny: ['X-Internal'] } })).toEqual([['X-Other', '2']]);
  });

  test('a recorded marker is not repeated: only the wrapper says that a response is a replay', () => {
    const headers: Headers = [['x-idempotent-replay', 'false'], ['Idempotent-Replayed', 'no'], ['X-Idempotent-Persisted', 'false'], ['X-Other', '2']];
    expect(replayed(headers, undefined, { replayMarkerAliases: ['idempotent-replayed'] })).toEqual([['X-Other', '2']]);
  });

  test('F58: CORS headers are repeated to the origin that they were recorded for', () => {
    const headers: Headers = [['Access-Control-Allow-Origin', 'https://a.example'], ['X-Other', '2']];
    expect(replayed(headers, 'https://a.example')).toEqual([...headers, ['Vary', 'Origin']]);
    expect(replayed(headers, 'https://b.example')).toEqual([['X-Other', '2'], ['Vary', 'Origin']]);
    expect(replayed(headers)).toEqual([['X-Other', '2'], ['Vary', 'Origin']]);
    expect(replayed([['Access-Control-Allow-Origin', '*']], 'https://b.example')).toEqual([['Access-Control-Allow-Origin', '*']]);
  });

  test('F58: a replay never carries more than was recorded, but for Vary', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(harmless, never, fc.tuple(fc.constant('Access-Control-Allow-Origin'), value))), fc.option(value, { nil: undefined }), (headers, origin) => {
        const more = replayed(headers, origin).filter((pair) => !headers.includes(pair as [string, string]));
        expect([[], [['Vary', 'Origin']]]).toContainEqual(more);
      }),
    );
  });
});
