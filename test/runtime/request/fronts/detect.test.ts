import { readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { detectFront } from '../../../../runtime/request/fronts/detect';
import { golden } from '../../golden';

const names = readdirSync(path.join(__dirname, '../../golden')).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
const kindOf = (name: string) => (name.startsWith('alb') ? 'alb' : /^(http-api|rest-api|function-url)/.exec(name)?.[0]);

describe('which front an event came through', () => {
  test.each(names)('%s is told by its shape and names its source', (name) => {
    const event = golden(name);
    expect(detectFront(event)?.kind).toBe(kindOf(name));
    expect(event._source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
  });

  test('payload 1.0 of an HTTP API has a REST API\'s shape and an HTTP API\'s errors', () => {
    const front = detectFront(golden('http-api-v1-public'));
    expect(front?.kind).toBe('http-api');
    expect(front?.thrown().statusCode).toBe(500);
    expect(detectFront(golden('rest-api-public'))?.thrown().statusCode).toBe(502);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'POST /'],
    ['a list', []],
    ['a queue\'s batch', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }],
    ['a schedule', { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'detail': {} }],
    ['a WebSocket message', { requestContext: { routeKey: '$default', connectionId: 'c', eventType: 'MESSAGE' }, body: '{}' }],
    ['a direct invocation that looks half like HTTP', { httpMethod: 'POST', path: '/' }],
    ['a REQUEST authorizer of a REST API', { ...golden('rest-api-public'), type: 'REQUEST', methodArn: 'arn:aws:execute-api:x' }],
    ['a REQUEST authorizer of an HTTP API', { ...golden('http-api-v2-public'), type: 'REQUEST', routeArn: 'arn:aws:execute-api:x' }],
    ['a payload version that nobody knows', { ...golden('http-api-v2-public'), version: '3.0' }],
  ])('%s is no HTTP request', (_, event) => {
    expect(detectFront(event)).toBeUndefined();
  });

  test('no JSON makes detection throw', () => {
    fc.assert(fc.property(fc.jsonValue(), (event) => {
      detectFront(event);
      detectFront({ version: '2.0', requestContext: event });
      detectFront({ httpMethod: event, requestContext: { elb: event } });
    }));
  });
});
