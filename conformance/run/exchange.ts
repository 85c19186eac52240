import type { Answer, Outgoing } from '../http/answer';

/** A request and what came of it, for people to read: credentials blotted out, bodies cut. */
export interface Exchange {
  /** What the test calls it. */
  readonly name: string;
  readonly request: Message & { readonly line: string };
  readonly answer?: Message & { readonly line: string };
  /** In place of an answer. */
  readonly note?: string;
}

interface Message {
  readonly headers: readonly string[];
  readonly body: string;
}

const LONGEST_BODY = 200;
const SECRET = /^(authorization|proxy-authorization|cookie|x-api-key)$/i;
/** Of the connection or of the suite, the same in every exchange, and never what a test is about. */
const LEFT_OUT = /^(connection|keep-alive|date|conformance-effect|user-agent|apigw-requestid|x-amzn-requestid|x-amz-apigw-id|x-amzn-trace-id|x-powered-by)$/i;

export function exchange(name: string, { method, url, headers, body }: Outgoing, came: Answer | string): Exchange {
  const request = { line: `${method} ${url.pathname}${url.search}`, headers: lines(headers), body: excerpt(body ?? Buffer.alloc(0)) };
  if (typeof came === 'string') return { name, request, note: came };
  return { name, request, answer: { line: `HTTP/${came.version} ${came.status}`, headers: lines(came.headers), body: excerpt(came.body) } };
}

const lines = (headers: Outgoing['headers']): readonly string[] =>
  headers.filter(([name]) => !LEFT_OUT.test(name)).map(([name, value]) => `${name}: ${SECRET.test(name) ? '***' : printable(value)}`);

function excerpt(body: Buffer): string {
  const text = body.toString('utf8');
  const shown = Buffer.from(text, 'utf8').equals(body) ? text : `base64 ${body.toString('base64')}`;
  return shown.length <= LONGEST_BODY ? printable(shown) : `${printable(shown.slice(0, LONGEST_BODY))}... (${body.length} bytes)`;
}

const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
