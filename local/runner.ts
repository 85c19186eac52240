import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAssembly } from './assembly';
import { Cleanup } from './cleanup';
import type { LocalOptions } from './cli-options';
import type { DynamoDb } from './dynamodb';
import { DynamoDbClients } from './dynamodb-clients';
import { callersEnvironment } from './environment';
import type { Given } from './given';
import { serve, type ApiServer, type Observer } from './http/server';
import { LocalError } from './local-error';
import { observerOf } from './observer';
import { OutcomeLog } from './outcome';
import { planAssembly, type Plan } from './plan';
import type { RunContext } from './run-context';
import { RunningFunctions } from './running-functions';
import { startDynamoDb, startServices } from './start-services';
import { appOfProject, synthesize } from './synth';
import { History } from './window/history';
import { Records } from './window/records';
import { RequestWindow } from './window/window';

/** A started runner. */
export interface Running {
  /** Rejects where something that it cannot do without is gone. */
  readonly lost: Promise<never>;
  /** Answers what has been accepted, for at most `graceMs` or until `now` fires, and ends everything. */
  stop(graceMs: number, now: AbortSignal): Promise<void>;
}

/**
 * Starts an assembly: its ports first, since the templates may hold their URLs,
 * then DynamoDB and the tables, then the functions. Throws `LocalError` and
 * leaves nothing behind where that fails.
 */
export async function start(options: LocalOptions, context: RunContext): Promise<Running> {
  const cleanup = new Cleanup();
  try {
    const directory = await assemblyOf(options, context, cleanup.temporaryDirectory);
    context.signal.throwIfAborted();
    const assembly = readAssembly(directory, callersEnvironment(context.environment));
    const plan = planAssembly(assembly, options.stack, cleanup.temporaryDirectory, givenIn(options, context));

    const history = new History(Date.now);
    const outcomes = new OutcomeLog((requestId, told) => history.told(requestId, told));
    const window = new RequestWindow(history);
    cleanup.add(() => window.close());
    const servers = await startServers(plan, options.port, cleanup, window,
      (api) => observerOf(api, { plan, outcomes, history, reporter: context.reporter }));
    const dynamodb = await startDynamoDb(plan, options, context, cleanup);
    context.signal.throwIfAborted();
    const endpointsOf = await startServices(plan, dynamodb, (asker) => (reference) => functions.find(reference, asker), options, context, cleanup);
    const functions = new RunningFunctions(plan.functions, endpointsOf, context, outcomes);
    cleanup.add(() => functions.close());
    functions.start();

    for (const line of plan.notices.lines()) context.reporter.warning(line);
    const apis = servers.map(({ id, kind, stack, server }) => ({ id, kind, url: server.url, stack }));
    window.show(apis, dynamodb && recordsOf(plan, dynamodb, cleanup));
    for (const { server } of servers) server.open(functions.invoke);
    context.reporter.ready({
      apis,
      dynamodb: dynamodb?.endpoint ?? null,
      tables: plan.tables.map(({ id, create }) => ({ id, name: create.TableName })),
    });
    return {
      lost: dynamodb === undefined ? new Promise(() => undefined) : dynamodb.lost.then((reason) => {
        throw new LocalError('DYNAMODB_FAILED', `the embedded DynamoDB has ended: ${reason}`);
      }),
      stop: async (graceMs, now) => {
        window.close();
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

/** The folder of the assembly: synthesized, or there already. */
async function assemblyOf({ source, context: given }: LocalOptions, context: RunContext, temporaryDirectory: () => string): Promise<string> {
  if (source.kind === 'assembly') return path.resolve(context.directory, source.directory);
  const app = source.kind === 'app' ? source.command : appOfProject(context.directory);
  const folder = path.resolve(context.directory, app);
  if (existsSync(path.join(folder, 'manifest.json'))) return folder;
  return synthesize({ ...context, command: app, origin: source.kind === 'app' ? '--app' : 'the app of cdk.json', context: given, temporaryDirectory });
}

function givenIn({ given }: LocalOptions, { directory }: RunContext): Given {
  return { ...given, layers: new Map([...given.layers].map(([arn, folder]) => [arn, path.resolve(directory, folder)])) };
}

const MAX_PORT = 65_535;

interface Served {
  readonly id: string;
  readonly kind: 'http' | 'rest' | 'url';
  readonly stack: string;
  readonly server: ApiServer;
}

async function startServers(
  plan: Plan, firstPort: number, cleanup: Cleanup, window: RequestWindow, observer: (api: string) => Observer,
): Promise<readonly Served[]> {
  if (firstPort + plan.apis.length - 1 > MAX_PORT) {
    throw new LocalError('USAGE', `--port ${firstPort} leaves too few ports for ${plan.apis.length} APIs; give a lower one, or 0 for free ports`);
  }
  const served: Served[] = [];
  for (const [index, { id, api }] of plan.apis.entries()) {
    const server = await serve(api, firstPort === 0 ? 0 : firstPort + index, observer(id), window);
    cleanup.add(() => server.close());
    plan.deployment.setEndpoint(api.resource, server.url);
    served.push({ id, kind: api.kind, stack: api.resource.stack.name, server });
  }
  return served;
}

function recordsOf({ tables }: Plan, { endpoint }: DynamoDb, cleanup: Cleanup): Records {
  const clients = new DynamoDbClients(endpoint);
  cleanup.add(() => clients.destroy());
  return new Records(clients, tables);
}
