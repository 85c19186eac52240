/** As much of the SDK as is used, for a file of its own in the layer. */
export { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
