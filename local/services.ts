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
import { LocalError } from './local-error';
import type { Plan } from './plan';
import type { RunContext } from './run-context';
import { startTtlSweep } from './ttl-sweep';

/** DynamoDB itself takes days; a developer is to see it happen. */
const TTL_SWEEP_MS = 10_000;

/** The parts of AWS that a plan asks for. They stay where they are while the plan changes. */
export class Services {
  dynamodb: DynamoDb | undefined;
  clients: DynamoDbClients | undefined;
  private plan: Plan;
  private secrets: string | undefined;
  private parameters: string | undefined;
  private objects: string | undefined;
  /** One for each stack, since what a name leads to depends on who asks. */
  private readonly invocations = new Map<string, string>();

  constructor(
    plan: Plan,
    private readonly find: (askerId: string) => FindTarget,
    private readonly options: LocalOptions,
    private readonly context: RunContext,
    private readonly cleanup: Cleanup,
  ) {
    this.plan = plan;
  }

  async start(): Promise<void> {
    await this.startDynamoDb();
    this.context.signal.throwIfAborted();
    const { secrets, parameters, overflowBuckets } = this.plan;
    if (secrets.length > 0) this.secrets = await this.started(startSecrets(() => this.plan.secrets));
    if (parameters.length > 0) this.parameters = await this.started(startParameters(() => this.plan.parameters));
    if (overflowBuckets.length > 0) this.objects = await this.started(startObjects(() => this.plan.overflowBuckets, this.objectDirectory()));
    await this.startInvocations(this.plan);
  }

  /** Makes what another plan needs beyond this one, and changes nothing yet. Throws `LocalError` for what only a new start brings. */
  async prepare(plan: Plan): Promise<void> {
    const unmet = [
      [plan.tables.length > 0 && !this.clients, 'a DynamoDB'],
      [plan.secrets.length > 0 && !this.secrets, 'secrets'],
      [plan.parameters.length > 0 && !this.parameters, 'SSM parameters'],
      [plan.overflowBuckets.length > 0 && !this.objects, 'a bucket for large responses'],
    ].filter(([isUnmet]) => isUnmet).map(([, what]) => what);
    if (unmet.length > 0) throw new LocalError('TEMPLATE_UNSUPPORTED', `the app has ${unmet.join(', ')} now, which it had not; start this command again`);
    if (this.clients) await createTables(this.clients, plan.tables);
    await this.startInvocations(plan);
  }

  adopt(plan: Plan): void {
    this.plan = plan;
  }

  /** What leads each function's AWS clients here. S3 is led here only where the wrapper needs it: a handler's own buckets are not run. */
  readonly endpointsOf = ({ resource, overflowBucket }: FunctionPlan): Endpoints => ({
    AWS_ENDPOINT_URL_LAMBDA: this.invocations.get(resource.stack.id)!,
    ...(this.dynamodb ? { AWS_ENDPOINT_URL_DYNAMODB: this.dynamodb.endpoint } : {}),
    ...(this.secrets === undefined ? {} : { AWS_ENDPOINT_URL_SECRETS_MANAGER: this.secrets }),
    ...(this.parameters === undefined ? {} : { AWS_ENDPOINT_URL_SSM: this.parameters }),
    ...(this.objects === undefined || overflowBucket === undefined ? {} : { AWS_ENDPOINT_URL_S3: this.objects }),
  });

  private async startDynamoDb(): Promise<void> {
    const { options, context, cleanup, plan } = this;
    if (options.dynamodbEndpoint !== undefined && options.dataDirectory !== undefined) {
      plan.notices.warn('--data has no effect with --dynamodb-endpoint: that server keeps the items');
    }
    noteForeignTables(plan, options);
    if (plan.tables.length === 0 && options.dynamodbEndpoint === undefined) return;
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
    cleanup.add(startTtlSweep(clients, () => this.plan.tables, TTL_SWEEP_MS, Date.now));
    this.dynamodb = dynamodb;
    this.clients = clients;
  }

  private async startInvocations({ functions }: Plan): Promise<void> {
    const stacks: readonly Stack[] = functions.functions.map(({ stack }) => stack);
    for (const id of new Set(stacks.map((stack) => stack.id))) {
      if (!this.invocations.has(id)) this.invocations.set(id, await this.started(startInvocations(this.find(id))));
    }
  }

  private async started(service: Promise<LocalService>): Promise<string> {
    const { endpoint, stop } = await service;
    this.cleanup.add(stop);
    return endpoint;
  }

  private objectDirectory(): string {
    const { dataDirectory } = this.options;
    return path.join(dataDirectory === undefined ? this.cleanup.temporaryDirectory() : path.resolve(this.context.directory, dataDirectory), 'objects');
  }
}

function noteForeignTables({ foreignTables, notices }: Plan, { dynamodbEndpoint }: LocalOptions): void {
  for (const name of foreignTables) {
    notices.warn(dynamodbEndpoint === undefined
      ? `the table "${name}" is not in the assembly and its key is not known here, so that it is not made; run with --dynamodb-endpoint URL of a DynamoDB that has it`
      : `the table "${name}" is not in the assembly: it is taken as it is at ${dynamodbEndpoint}`);
  }
}
