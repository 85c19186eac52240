import { state } from '@aws-sdk/core/client';

// Which Node.js a function runs on its owner knows and Lambda tells; that later SDKs need another one is no concern of a layer that brings its own.
state.warningEmitted = true;

/** As much of the SDK as is used, for a file of its own in the layer. */
export { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
