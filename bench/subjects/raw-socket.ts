import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { handler as bare } from './bare';

/**
 * The limit: two conditional writes for a first request and one for a retry, over
 * one socket, with no signature and as little HTTP as the server gets by with.
 */
const url = new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB!);
let socket: Socket | undefined;
let answered: ((text: string) => void) | undefined;
let received = '';

function connected(): Socket {
  if (socket !== undefined) return socket;
  socket = url.protocol === 'https:' ? tls.connect({ host: url.hostname, port: Number(url.port) }) : net.connect(Number(url.port), url.hostname);
  socket.setNoDelay(true).setEncoding('utf8').on('data', (text: string) => {
    received += text;
    const end = received.indexOf('\r\n\r\n') + 4;
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? NaN);
    if (end < 4 || received.length < end + length) return;
    const body = received.slice(end);
    received = '';
    answered!(body);
  });
  return socket;
}

function update(body: string): Promise<string> {
  return new Promise((resolve) => {
    answered = resolve;
    connected().write(
      `POST / HTTP/1.1\r\nhost: ${url.host}\r\nx-amz-target: DynamoDB_20120810.UpdateItem\r\nx-amz-date: 20260101T000000Z\r\n`
      + 'authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n'
      + `content-type: application/x-amz-json-1.0\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}

export const handler = async (event: { readonly headers: Readonly<Record<string, string>> }): Promise<unknown> => {
  const key = event.headers['idempotency-key'];
  const table = process.env.BENCH_TABLE!;
  const claimed = await update(
    `{"TableName":"${table}","Key":{"id":{"S":"raw-${key}"}},"UpdateExpression":"SET st = :p, tok = :t","ConditionExpression":"attribute_not_exists(id)",`
    + `"ExpressionAttributeValues":{":p":{"S":"P"},":t":{"S":"${Math.random()}"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
  );
  if (claimed.includes('"__type"')) return JSON.parse(claimed) as unknown;
  const response = await bare();
  await update(
    `{"TableName":"${table}","Key":{"id":{"S":"raw-${key}"}},"UpdateExpression":"SET st = :c, rb = :b","ConditionExpression":"st = :p",`
    + `"ExpressionAttributeValues":{":p":{"S":"P"},":c":{"S":"C"},":b":{"S":${JSON.stringify(JSON.stringify(response))}}}}`,
  );
  return response;
};
