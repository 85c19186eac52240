import { allows } from '../../local/fronts/iam-policy';

const ARN = 'arn:aws:execute-api:us-east-1:123456789012:abc/$default/POST/payments/1';
const policy = (...statements: unknown[]) => ({ Version: '2012-10-17', Statement: statements });
const allow = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: ARN };

test.each([
  ['the very resource', policy(allow), true],
  ['wildcards', policy({ ...allow, Action: 'execute-api:*', Resource: 'arn:aws:execute-api:*:*:abc/*/POST/payments/?' }), true],
  ['lists', policy({ ...allow, Action: ['s3:GetObject', 'execute-api:Invoke'], Resource: ['arn:x', '*'] }), true],
  ['a statement by itself', { Statement: allow }, true],
  ['the action in another case', policy({ ...allow, Action: 'Execute-API:invoke' }), true],
  ['another resource', policy({ ...allow, Resource: ARN.replace('POST', 'GET') }), false],
  ['a longer resource', policy({ ...allow, Resource: `${ARN}0` }), false],
  ['a shorter one, which is no pattern', policy({ ...allow, Resource: ARN.slice(0, -1) }), false],
  ['another action', policy({ ...allow, Action: 'execute-api:ManageConnections' }), false],
  ['a deny beside an allow', policy(allow, { ...allow, Effect: 'Deny', Resource: '*' }), false],
  ['a conditional allow', policy({ ...allow, Condition: { IpAddress: {} } }), false],
  ['a conditional deny', policy(allow, { ...allow, Effect: 'Deny', Condition: { IpAddress: {} } }), false],
  ['no statement', {}, false],
])('%s lets through: %#', (_, document, expected) => {
  expect(allows(document, ARN)).toBe(expected);
});
