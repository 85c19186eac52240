import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAssembly } from './assembly';
import type { LocalOptions } from './cli-options';
import { createClient, createTables } from './create-tables';
import { externalDynamoDb, startEmbeddedDynamoDb, type DynamoDb } from './dynamodb';
import { ACCOUNT, REGION } from './environment';
import type { Reporter } from './events';
import type { Invoke } from './fronts/front';
import { serve, type Answered, type ApiServer } from './http/server';
import { createFunction } from './lambda/function-pool';
import type { LocalFunction } from './lambda/local-function';
import { LocalError, reasonOf } from './local-error';
import { OutcomeLog, outcomeOfExchange } from './outcome';
import { planAssembly, type Plan } from './plan';
import { synthesize } from './synth';
import { startTtlSweep } from './ttl-sweep';
import { HEADERS } from '../lib/contract';

export interface RunContext {
  /** The user's folder: apps run there, packages are looked for there first. */
  readonly directory: string;
  /** Where the command itself lies. */
  readonly cliDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `linux-x64` */
  readonly platform: string;
  readonly reporter: Reporter;
  /** Fires when the start is to be given up. */
  readonly signal: AbortSignal;
}

/** A started runner. */
export interface Running {
  /** Rejects where something that it cannot do without is gone. */
  readonly lost: Promise<never>;
  /** Answers what has been accepted, for at most `graceMs` or until `now` fires, and ends everything. */
  stop(graceMs: number, now: AbortSignal): Promise<void>;
}

/** DynamoDB itself takes days; a developer is to see it happen. */
const TTL_SWEEP_MS = 10_000;

/**
 * Starts an assembly: its ports first, since the templates may hold their URLs,
 * then DynamoDB and the tables, then the functions. Throws `LocalError` and
 * leaves nothing behind where that fails.
 */
export async function start(options: LocalOptions, context: RunContext): Promise<Running> {
  const cleanup = new Cleanup();
  try {
    const directory = options.source.kind === 'app'
      ? await synthesize({ ...context, command: options.source.command, temporaryDirectory: cleanup.temporaryDirectory })
      : path.resolve(context.directory, options.source.directory);
    context.signal.throwIfAborted();
    const plan = planAssembly(readAssembly(directory), options.stack, cleanup.temporaryDirectory);

    const outcomes = new OutcomeLog();
    const servers = await startServers(plan, options.port, cleanup, (api, answered) => report(context.reporter, outcomes, api, answered));
    const dynamodb = await startDynamoDb(plan, options, context, cleanup);
    context.signal.throwIfAborted();
    const invoke = startFunctions(plan, dynamodb, context, outcomes, cleanup);

    for (const line of plan.notices.lines()) context.reporter.warning(line);
    for (const { server } of servers) server.open(invoke);
    context.reporter.ready({
      apis: servers.map(({ id, kind, stack, server }) => ({ id, kind, url: server.url, stack })),
      dynamodb: dynamodb?.endpoint ?? null,
      tables: plan.tables.map(({ id, create }) => ({ id, name: create.TableName })),
    });
    return {
      lost: dynamodb === undefined ? new Promise(() => undefined) : dynamodb.lost.then((reason) => {
        throw new LocalError('DYNAMODB_FAILED', `the embedded DynamoDB has ended: ${reason}`);
      }),
      stop: async (graceMs, now) => {
        const drained = Promise.all(servers.map(({ server }) => server.drain()));
        await Promise.race([drained, sleep(graceMs, undefined, { signal: now, ref: false }).catch(() => undefined)]);
        await cleanup.run();
      },
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

interface Served {
  readonly id: string;
  readonly kind: 'http' | 'rest' | 'url';
  readonly stack: string;
  readonly server: ApiServer;
}

async function startServers(
  plan: Plan, firstPort: number, cleanup: Cleanup, onAnswered: (api: string, answered: Answered) => void,
): Promise<readonly Served[]> {
  const served: Served[] = [];
  for (const [index, { id, api }] of plan.apis.entries()) {
    const server = await serve(api, firstPort === 0 ? 0 : firstPort + index, (answered) => onAnswered(id, answered));
    cleanup.add(() => server.close());
    plan.deployment.setEndpoint(api.resource, server.url);
    served.push({ id, kind: api.kind, stack: api.resource.stack.name, server });
  }
  return served;
}

async function startDynamoDb(plan: Plan, options: LocalOptions, context: RunContext, cleanup: Cleanup): Promise<DynamoDb | undefined> {
  if (options.dynamodbEndpoint !== undefined && options.dataDirectory !== undefined) {
    plan.notices.warn('--data has no effect with --dynamodb-endpoint: that server keeps the items');
  }
  if (plan.tables.length === 0 && options.dynamodbEndpoint === undefined) return undefined;
  const dynamodb = options.dynamodbEndpoint !== undefined
    ? externalDynamoDb(options.dynamodbEndpoint)
    : await startEmbeddedDynamoDb({
      ...(options.dataDirectory === undefined ? {} : { dataDirectory: path.resolve(context.directory, options.dataDirectory) }),
      searchFrom: [context.directory, context.cliDirectory],
      platform: context.platform,
    });
  cleanup.add(() => dynamodb.stop());
  const client = createClient(dynamodb.endpoint);
  cleanup.add(() => client.destroy());
  await createTables(client, dynamodb.endpoint, plan.tables);
  cleanup.add(startTtlSweep(client, plan.tables, TTL_SWEEP_MS, Date.now));
  return dynamodb;
}

function startFunctions(
  plan: Plan, dynamodb: DynamoDb | undefined, context: RunContext, outcomes: OutcomeLog, cleanup: Cleanup,
): Invoke {
  const running = new Map<string, LocalFunction>();
  for (const { arn, spec } of plan.functions.planned) {
    const local = createFunction(spec(dynamodb?.endpoint), {
      userDirectory: context.directory,
      region: REGION,
      accountId: ACCOUNT,
      onLog: (line) => {
        outcomes.observe(line);
        context.reporter.log({ function: line.functionId, line: line.line });
      },
      onNotice: (notice) => context.reporter.warning(notice),
    });
    cleanup.add(() => local.close());
    running.set(arn, local);
  }
  return ({ arn }, requestId, event) => running.get(arn)!.invoke(requestId, event);
}

function report(reporter: Reporter, outcomes: OutcomeLog, api: string, { request, exchange, ms }: Answered): void {
  const hasKey = request.headers.some(([name]) => name.toLowerCase() === HEADERS.KEY.toLowerCase());
  const { outcome, id } = outcomes.take(request.id) ?? { outcome: outcomeOfExchange(exchange, hasKey), id: null };
  reporter.request({ api, method: request.method, path: request.path, status: exchange.response.status, outcome, id, ms });
}

/** What has been started, to be ended in the opposite order. */
class Cleanup {
  private readonly steps: (() => Promise<void> | void)[] = [];
  private directory: string | undefined;

  add(step: () => Promise<void> | void): void {
    this.steps.push(step);
  }

  /** Made when first asked for, and removed with the rest. */
  readonly temporaryDirectory = (): string => {
    if (this.directory === undefined) {
      const directory = mkdtempSync(path.join(tmpdir(), 'idempotent-api-local-'));
      this.add(() => rmSync(directory, { recursive: true, force: true }));
      this.directory = directory;
    }
    return this.directory;
  };

  /** A step that fails does not keep the others from running. */
  async run(): Promise<void> {
    for (const step of this.steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        process.exitCode = 1;
        process.stderr.write(`while stopping: ${reasonOf(error)}\n`);
      }
    }
  }
}
