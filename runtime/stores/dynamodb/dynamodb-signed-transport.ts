import type { CancellationReason, DynamoDbTransport } from './dynamodb-transport';
import { itemFromWire, toWire, updateText } from './dynamodb-wire';
import { REFUSED_WHOLE } from './transaction';
import type { AwsAnswer } from '../../aws/answer';
import { AwsRequestError } from '../../aws/aws-error';
import { environmentCredentials } from '../../aws/credentials';
import { endpointOf, type Environment } from '../../aws/endpoint';
import { SignedRequests, refusal, type RequestLimits } from '../../aws/signed-requests';
import type { CallOptions } from '../store';

/** A lost reply is resent with the same token, so more than one try is safe. */
const LIMITS: RequestLimits = { perTry: 1_500, inTotal: 6_000, tries: 3 };

const CONTENT_TYPE = ['content-type', 'application/x-amz-json-1.0'] as const;

export interface SignedTransport extends DynamoDbTransport {
  /** Connects, so that the first request need not wait for it. */
  open(): void;
  /** Ends all connections. */
  close(): void;
}

/** DynamoDB by requests of our own, with the credentials and the region of the environment. */
export function signedTransport(region: string, env: Environment, limits: RequestLimits = LIMITS): SignedTransport {
  const { url } = endpointOf('dynamodb', region, env);
  const requests = new SignedRequests({ service: 'dynamodb', region, endpoint: url, credentials: environmentCredentials(env), limits });
  const path = url.pathname.replace(/\/*$/, '/');
  const send = (operation: string, body: string, options?: CallOptions): Promise<AwsAnswer> =>
    requests.send({ method: 'POST', path, headers: [CONTENT_TYPE, ['x-amz-target', `DynamoDB_20120810.${operation}`]], body, json: true }, options);

  return {
    open: () => requests.open(),
    close: () => requests.close(),
    async update(request, options) {
      const answer = await send('UpdateItem', updateText(request), options);
      if (answer.ok) return { applied: true, old: itemFromWire(answer.document.Attributes) };
      if (answer.code === 'ConditionalCheckFailedException') return { applied: false, item: itemFromWire(answer.document.Item) };
      throw refusal(answer, 'dynamodb:UpdateItem');
    },
    async get({ table, key }, options) {
      const answer = await send('GetItem', JSON.stringify({ TableName: table, Key: toWire(key), ConsistentRead: true }), options);
      if (answer.ok) return itemFromWire(answer.document.Item);
      throw refusal(answer, 'dynamodb:GetItem');
    },
    async transact({ items, requestToken }, options) {
      const body = JSON.stringify({ TransactItems: toWire(items), ClientRequestToken: requestToken });
      try {
        const answer = await send('TransactWriteItems', body, options);
        if (answer.ok) return { applied: true };
        const cause = refusal(answer, 'dynamodb:TransactWriteItems');
        if (cause.code !== 'TransactionCanceledException') throw cause;
        return { applied: false, reasons: reasonsIn(answer.document.CancellationReasons), code: cause.code, resent: answer.afterUnknown, cause };
      } catch (cause) {
        if (!(cause instanceof AwsRequestError) || !REFUSED_WHOLE.has(cause.code)) throw cause;
        return { applied: false, reasons: [], code: cause.code, resent: cause.mayHaveTakenEffect, cause };
      }
    },
  };
}

const reasonsIn = (reasons: unknown): CancellationReason[] =>
  (Array.isArray(reasons) ? reasons : []).map((reason: { readonly Code?: unknown; readonly Message?: unknown; readonly Item?: unknown } | null) => ({
    code: typeof reason?.Code === 'string' ? reason.Code : 'None',
    message: typeof reason?.Message === 'string' ? reason.Message : undefined,
    item: itemFromWire(reason?.Item),
  }));
