import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { handler as powertools } from './powertools';

const logger = new Logger({ serviceName: 'bench' });

/** Powertools with what ours does unasked: a log line and one EMF document for each request. */
export const handler = async (event: unknown, context: Context): Promise<unknown> => {
  const result = await powertools(event, context);
  logger.info('payment', { route: 'POST /payments', requestId: context.awsRequestId });
  process.stdout.write(`${JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: 'Bench', Dimensions: [['service'], ['service', 'route']], Metrics: [{ Name: 'Misses', Unit: 'Count' }, { Name: 'StoreLatency', Unit: 'Milliseconds' }] }],
    },
    service: 'bench',
    route: 'POST /payments',
    Misses: 1,
    StoreLatency: 1,
  })}\n`);
  return result;
};
