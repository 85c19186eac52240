import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { unitsOfRefusal } from './units';

export interface Consumed {
  readonly requests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** In front of DynamoDB: counts requests and the capacity that they consume. */
export interface CapacityMeter {
  readonly endpoint: string;
  /** Since it was last asked. */
  read(): Consumed;
  stop(): void;
}

const NOTHING: Consumed = { requests: 0, writeUnits: 0, readUnits: 0 };

export async function startCapacityMeter(dynamoDb: string): Promise<CapacityMeter> {
  let consumed = NOTHING;
  const count = (operation: string, answer: any): void => {
    const units: number = answer.ConsumedCapacity?.CapacityUnits ?? (answer.Item === undefined ? 1 : unitsOfRefusal(answer.Item));
    const isRead = operation === 'GetItem';
    consumed = {
      requests: consumed.requests + 1,
      writeUnits: consumed.writeUnits + (isRead ? 0 : units),
      readUnits: consumed.readUnits + (isRead ? units : 0),
    };
  };
  const pass = async (request: IncomingMessage): Promise<Response> => {
    const asked = { ...JSON.parse((await buffer(request)).toString()), ReturnConsumedCapacity: 'TOTAL', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    const names = ['authorization', 'content-type', 'x-amz-target', 'x-amz-date'];
    const headers = Object.fromEntries(names.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]])));
    return fetch(dynamoDb, { method: 'POST', headers, body: JSON.stringify(asked) });
  };
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1)!;
    void pass(request).then(async (answer) => {
      const body = Buffer.from(await answer.arrayBuffer());
      count(operation, JSON.parse(body.toString()));
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0', 'content-length': body.length }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    read() {
      const read = consumed;
      consumed = NOTHING;
      return read;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
