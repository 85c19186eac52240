/** A `TransactWriteItem` in DynamoDB's own form, as `@aws-sdk/client-dynamodb` types it: one of the four. */
export interface CommitEffect {
  readonly Put?: object;
  readonly Update?: object;
  readonly Delete?: object;
  readonly ConditionCheck?: object;
}
