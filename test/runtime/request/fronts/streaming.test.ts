import { isStreamingHandler } from '../../../../runtime/request/fronts/streaming';

describe('F64: a streaming handler', () => {
  test('is known by the mark that Lambda\'s streamifyResponse leaves', () => {
    const handler = Object.assign(async () => undefined, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' });
    expect(isStreamingHandler(handler)).toBe(true);
  });

  test.each([['a plain handler', async () => undefined], ['nothing', undefined], ['an object', {}]])('is not %s', (_, handler) => {
    expect(isStreamingHandler(handler)).toBe(false);
  });
});
