import path from 'node:path';
import type { Stack } from './assembly';
import { startInvocations, type FindTarget } from './aws/invocations';
import { startObjects } from './aws/objects';
import { startParameters } from './aws/parameters';
import { startSecrets } from './aws/secrets';
import type { LocalService } from './aws/service';
import type { Cleanup } from './cleanup';
import type { LocalOptions } from './cli-options';
import { createTables } from './create-tables';
import { externalDynamoDb, startEmbeddedDynamoDb, type DynamoDb } from './dynamodb';
import { DynamoDbClients } from './dynamodb-clients';
import type { Endpoints, FunctionPlan } from './functions';
import type { Plan } from './plan';
import type { RunContext } from './run-context';
import { startTtlSweep } from './ttl-sweep';

/** DynamoDB itself takes days; a developer is to see it happen. */
const TTL_SWEEP_MS = 10_000;

/** The DynamoDB of the plan's tables, with them in it; `undefined` where nothing asks for one. */
export async function startDynamoDb(
  plan: Plan, options: LocalOptions, context: RunContext, cleanup: Cleanup,
): Promise<DynamoDb | undefined> {
  if (options.dynamodbEndpoint !== undefined && options.dataDirectory !== undefined) {
    plan.notices.warn('--data has no effect with --dynamodb-endpoint: that server keeps the items');
  }
  noteForeignTables(plan, options);
  if (plan.tables.length === 0 && options.dynamodbEndpoint === undefined) return undefined;
  const dynamodb = options.dynamodbEndpoint !== undefined
    ? externalDynamoDb(options.dynamodbEndpoint)
    : await startEmbeddedDynamoDb({
      ...(options.dataDirectory === undefined ? {} : { dataDirectory: path.resolve(context.directory, options.dataDirectory) }),
      searchFrom: [context.directory, context.cliDirectory],
      platform: context.platform,
    });
  cleanup.add(() => dynamodb.stop());
  const clients = new DynamoDbClients(dynamodb.endpoint);
  cleanup.add(() => clients.destroy());
  await createTables(clients, plan.tables);
  cleanup.add(startTtlSweep(clients, plan.tables, TTL_SWEEP_MS, Date.now));
  return dynamodb;
}

function noteForeignTables({ foreignTables, notices }: Plan, { dynamodbEndpoint }: LocalOptions): void {
  for (const name of foreignTables) {
    notices.warn(dynamodbEndpoint === undefined
      ? `the table "${name}" is not in the assembly and its key is not known here, so that it is not made; run with --dynamodb-endpoint URL of a DynamoDB that has it`
      : `the table "${name}" is not in the assembly: it is taken as it is at ${dynamodbEndpoint}`);
  }
}

/** What leads each function's AWS clients here. S3 is led here only where the wrapper needs it: a handler's own buckets are not run. */
export async function startServices(
  plan: Plan, dynamodb: DynamoDb | undefined, find: (asker: Stack) => FindTarget, options: LocalOptions, context: RunContext, cleanup: Cleanup,
): Promise<(plan: FunctionPlan) => Endpoints> {
  const started = async (service: Promise<LocalService>) => {
    const { endpoint, stop } = await service;
    cleanup.add(stop);
    return endpoint;
  };
  const objectDirectory = () => path.join(
    options.dataDirectory === undefined ? cleanup.temporaryDirectory() : path.resolve(context.directory, options.dataDirectory), 'objects');
  const secrets = plan.secrets.length > 0 ? await started(startSecrets(plan.secrets)) : undefined;
  const parameters = plan.parameters.length > 0 ? await started(startParameters(plan.parameters)) : undefined;
  const objects = plan.overflowBuckets.length > 0 ? await started(startObjects(plan.overflowBuckets, objectDirectory())) : undefined;
  // One for each stack, since what a name leads to depends on who asks.
  const invocations = new Map<Stack, string>();
  for (const stack of new Set(plan.functions.functions.map((resource) => resource.stack))) {
    invocations.set(stack, await started(startInvocations(find(stack))));
  }
  return ({ resource, overflowBucket }) => ({
    AWS_ENDPOINT_URL_LAMBDA: invocations.get(resource.stack)!,
    ...(dynamodb ? { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint } : {}),
    ...(secrets === undefined ? {} : { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets }),
    ...(parameters === undefined ? {} : { AWS_ENDPOINT_URL_SSM: parameters }),
    ...(objects === undefined || overflowBucket === undefined ? {} : { AWS_ENDPOINT_URL_S3: objects }),
  });
}
