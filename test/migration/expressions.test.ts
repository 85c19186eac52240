import { PowertoolsTable } from '../../runtime/powertools';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import type { UpdateRequest } from '../../runtime/stores/dynamodb/dynamodb-transport';
import { LiftTable } from '../../runtime/stores/migration/lift-table';
import type { Claim } from '../../runtime/stores/store';
import { epochMillis, epochSeconds, millis } from '../../runtime/time';

/** DynamoDB refuses a request with a placeholder that is used and not defined, or defined and not used. */
const placeholders = ({ update, condition }: UpdateRequest) => [...new Set(`${update} ${condition}`.match(/[#:]\w+/g))].sort();
const defined = ({ names, values }: UpdateRequest) => [...Object.keys(names), ...Object.keys(values)].sort();

const claim = (takeover: boolean): Claim => ({
  id: 'id', token: 'token', fingerprint: Uint8Array.of(1), now: epochMillis(5_000), leaseEnd: epochMillis(9_000), expiresAt: epochSeconds(99), margin: millis(2_000), takeover,
});
const response = { statusCode: 200, headers: [], body: Buffer.from('{}'), encoding: { base64: false, deflated: false, tooLarge: false } };

describe.each([
  ['DynamoDbStore', (transport: never) => new DynamoDbStore({ tableName: 't', transport })],
  ['LiftTable', (transport: never) => new LiftTable({ tableName: 't', transport })],
  ['PowertoolsTable', (transport: never) => new PowertoolsTable({ tableName: 't', transport })],
  ['PowertoolsTable with a sort key', (transport: never) => new PowertoolsTable({ tableName: 't', sortKeyAttr: 'sk', transport })],
])('each write of %s defines the placeholders that it uses, and no other', (_, make) => {
  const sent: UpdateRequest[] = [];
  const store = make({ update: (request: UpdateRequest) => (sent.push(request), Promise.resolve({ applied: true })), get: () => undefined } as never);
  test.each<[string, () => Promise<unknown>]>([
    ['a claim', () => store.claim(claim(true))],
    ['a claim that takes nothing over', () => store.claim(claim(false))],
    ['a completion', () => store.complete({ id: 'id', token: 'token', expiresAt: epochSeconds(99), response })],
    ['a completion without a body', () => store.complete({ id: 'id', token: 'token', expiresAt: epochSeconds(99), response: { ...response, body: undefined } })],
    ['a release', () => store.release({ id: 'id', token: 'token' })],
  ])('%s', async (__, write) => {
    sent.length = 0;
    await write();
    expect(sent).toHaveLength(1);
    expect(defined(sent[0]!)).toEqual(placeholders(sent[0]!));
  });
});
