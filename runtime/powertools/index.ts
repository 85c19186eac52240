/**
 * For users of Powertools for AWS Lambda (TypeScript), whose
 * `@aws-lambda-powertools/idempotency` is theirs to install: nothing else in this
 * package needs it.
 */
export { PowertoolsPersistenceError } from './errors';
export { PowertoolsPersistence, type PowertoolsPersistenceOptions } from './powertools-persistence';
export { PowertoolsRecords, powertoolsKey, type PowertoolsRecordsOptions } from './powertools-records';
export { PowertoolsTable, type PowertoolsTableOptions } from './powertools-table';
