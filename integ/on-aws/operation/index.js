/** The operation that the conformance suite is put to, and its effects: marked runs are counted in a table. */
const { randomBytes, randomUUID } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');
const { DynamoDBClient, GetItemCommand, UpdateItemCommand } = require('@aws-sdk/client-dynamodb');

const client = new DynamoDBClient({});
const itemOf = (mark) => ({ TableName: process.env.EFFECTS_TABLE, Key: { mark: { S: mark } } });
const add = async (mark, name) => {
  const { Attributes } = await client.send(new UpdateItemCommand({
    ...itemOf(mark), UpdateExpression: 'ADD #n :one', ExpressionAttributeNames: { '#n': name }, ExpressionAttributeValues: { ':one': { N: '1' } }, ReturnValues: 'ALL_NEW',
  }));
  return Number(Attributes[name].N);
};
const read = async (mark) => (await client.send(new GetItemCommand({ ...itemOf(mark), ConsistentRead: true }))).Item ?? {};
const json = (value) => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });

exports.handler = async (event) => {
  const headers = Object.fromEntries(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const mark = headers['conformance-effect'] ?? 'unmarked';
  const act = JSON.parse(headers['conformance-act'] ?? '{}');
  const isFirst = await add(mark, 'runs') === 1;
  if (isFirst && act.do === 'throw') throw new Error('as asked');
  while (isFirst && act.do === 'hold' && (await read(mark)).released === undefined) await sleep(100);
  return {
    statusCode: act.status ?? 201,
    headers: { 'content-type': 'application/json', ...act.headers },
    body: act.base64 ?? (act.random === undefined ? act.body ?? JSON.stringify({ id: randomUUID() }) : randomBytes(act.random / 2).toString('hex')),
    isBase64Encoded: act.base64 !== undefined,
  };
};

exports.effects = async ({ requestContext, httpMethod, queryStringParameters }) => {
  const mark = queryStringParameters?.mark ?? 'unmarked';
  if ((httpMethod ?? requestContext.http.method) === 'POST') await add(mark, 'released');
  return json({ runs: Number((await read(mark)).runs?.N ?? 0), acts: ['answer', 'hold', 'throw'] });
};

/** Whoever has a token is the account that the token names. */
exports.guard = async (event) => {
  const token = event.authorizationToken ?? event.headers?.authorization ?? '';
  const account = /^Bearer account-(\w+)$/.exec(token)?.[1];
  if (account === undefined) throw new Error('Unauthorized');
  return {
    principalId: account,
    context: { account_id: account },
    policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: '*' }] },
  };
};
