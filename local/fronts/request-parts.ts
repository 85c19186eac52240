import type { GatewayRequest } from './front';

type Pairs = readonly (readonly [name: string, value: string])[];

/** Between two hosts only (RFC 9110 section 7.6.1): no gateway hands them on. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade']);

/** What the gateway says itself, whatever the client says. */
const OF_THE_GATEWAY = new Set(['x-forwarded-port', 'x-forwarded-proto']);

/** The headers that a function is told of: the client's, and what the gateway knows of their way. Case and order are kept. */
export function forwardedHeaders(request: GatewayRequest): Pairs {
  const has = (wanted: string) => request.headers.some(([name]) => name.toLowerCase() === wanted);
  return [
    ...request.headers.filter(([name]) => !OF_THE_CONNECTION.has(name.toLowerCase()) && !OF_THE_GATEWAY.has(name.toLowerCase())),
    ...(has('x-amzn-trace-id') ? [] : [['X-Amzn-Trace-Id', traceId(request)] as const]),
    ['X-Forwarded-For', request.sourceIp],
    ['X-Forwarded-Port', String(request.port)],
    ['X-Forwarded-Proto', 'http'],
  ];
}

/** Decoded, in the order sent. */
export const queryPairs = (query: string): Pairs => [...new URLSearchParams(query)];

/** Repeated names joined; an object without a prototype, so that no name means anything else. */
export function joinRepeated(pairs: Pairs, separator: string): Readonly<Record<string, string>> {
  const joined = bare<string>();
  for (const [name, value] of pairs) joined[name] = name in joined ? `${joined[name]}${separator}${value}` : value;
  return joined;
}

/** The last value of each name. */
export function lastValues(pairs: Pairs): Readonly<Record<string, string>> {
  const last = bare<string>();
  for (const [name, value] of pairs) last[name] = value;
  return last;
}

/** All values of each name. */
export function allValues(pairs: Pairs): Readonly<Record<string, readonly string[]>> {
  const all = bare<string[]>();
  for (const [name, value] of pairs) (all[name] ??= []).push(value);
  return all;
}

export const headerOf = ({ headers }: Pick<GatewayRequest, 'headers'>, wanted: string): string | undefined =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

/** X-Ray's form: the time in hexadecimal seconds, then 96 bits. */
function traceId({ id, receivedAt }: GatewayRequest): string {
  const seconds = Math.floor(receivedAt.getTime() / 1000).toString(16).padStart(8, '0');
  return `Root=1-${seconds}-${id.replaceAll('-', '').slice(0, 24)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common Log Format: `12/Mar/2020:19:03:58 +0000`. */
export function requestTime(at: Date): string {
  const [date, time] = at.toISOString().split('T') as [string, string];
  const [year, month, day] = date.split('-') as [string, string, string];
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

const bare = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;
