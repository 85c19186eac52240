import type { CommitEffect } from './commit-effect';

/** `marshall` of `@aws-sdk/util-dynamodb`, or one with options of your own. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what it takes and gives is between the two of them
export type Marshall = (value: any) => any;

/** An effect with plain values, as `TransactWriteCommand` of `@aws-sdk/lib-dynamodb` takes it. */
export interface UnmarshalledEffect {
  readonly Put?: UnmarshalledWrite;
  readonly Update?: UnmarshalledWrite;
  readonly Delete?: UnmarshalledWrite;
  readonly ConditionCheck?: UnmarshalledWrite;
}

export interface UnmarshalledWrite {
  readonly TableName?: string;
  readonly Item?: Readonly<Record<string, unknown>>;
  readonly Key?: Readonly<Record<string, unknown>>;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE';
}

const MARSHALLED = ['Item', 'Key', 'ExpressionAttributeValues'] as const;

/**
 * Effects for `commit` from the plain values that `@aws-sdk/lib-dynamodb` takes.
 *
 * @example
 * import { marshall } from '@aws-sdk/util-dynamodb';
 *
 * const effects = marshallEffects(marshall, [{ Put: { TableName: 'orders', Item: { id, total: 42 } } }]);
 */
export const marshallEffects = (marshall: Marshall, effects: readonly UnmarshalledEffect[]): readonly CommitEffect[] =>
  effects.map((effect) => {
    const writes = Object.entries(effect) as [string, UnmarshalledWrite | undefined][];
    return Object.fromEntries(writes.flatMap(([kind, write]) => (write === undefined ? [] : [[kind, marshalled(marshall, write)]])));
  });

function marshalled(marshall: Marshall, write: UnmarshalledWrite): object {
  const values = MARSHALLED.filter((member) => write[member] !== undefined).map((member) => [member, marshall(write[member])] as const);
  return { ...write, ...Object.fromEntries(values) };
}
