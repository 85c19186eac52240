import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAssembly } from './assembly';
import { assemblyOf } from './assembly-source';
import { Cleanup } from './cleanup';
import type { LocalOptions } from './cli-options';
import { callersEnvironment } from './environment';
import { watchFiles } from './file-changes';
import type { Given } from './given';
import { LocalError, reasonOf } from './local-error';
import { observerOf } from './observer';
import { OutcomeLog } from './outcome';
import { planAssembly, type Plan } from './plan';
import type { RunContext } from './run-context';
import { RunningFunctions } from './running-functions';
import { ServedApis } from './served-apis';
import { Services } from './services';
import { outputOf } from './synth';
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
    const load = async (): Promise<Plan> => {
      const directory = await assemblyOf(options, context, cleanup.temporaryDirectory);
      context.signal.throwIfAborted();
      const assembly = readAssembly(directory, callersEnvironment(context.environment));
      return planAssembly(assembly, options.stack, cleanup.temporaryDirectory, givenIn(options, context));
    };
    let plan = await load();

    const history = new History(Date.now);
    const outcomes = new OutcomeLog((requestId, outcome) => history.told(requestId, outcome));
    const window = new RequestWindow(history);
    cleanup.add(() => window.close());
    const told = { plan: () => plan, outcomes, history, reporter: context.reporter };
    const served = new ServedApis(options.port, (api) => observerOf(api, told), window);
    cleanup.add(() => served.close());
    await served.listen(plan);
    const services: Services = new Services(plan, (askerId) => (reference) => functions.find(reference, askerId), options, context, cleanup);
    await services.start();
    const { dynamodb } = services;
    const functions: RunningFunctions = new RunningFunctions(plan.functions, services.endpointsOf, context, outcomes);
    cleanup.add(() => functions.close());
    functions.start();

    const warned = new Set<string>();
    const open = (): void => {
      for (const line of plan.notices.lines().filter((each) => !warned.has(each))) {
        warned.add(line);
        context.reporter.warning(line);
      }
      window.show(served.apis, services.clients && new Records(services.clients, plan.tables));
      served.open(plan, functions.invoke);
    };
    open();
    context.reporter.ready({
      apis: served.apis,
      dynamodb: dynamodb?.endpoint ?? null,
      tables: plan.tables.map(({ id, create }) => ({ id, name: create.TableName })),
    });

    const reload = async (changedAt: number): Promise<void> => {
      try {
        const next = await load();
        await served.listen(next);
        await services.prepare(next);
        const putInPlace = await functions.prepare(next.functions);
        const changed = putInPlace();
        plan = next;
        services.adopt(next);
        open();
        context.reporter.reload({ functions: changed, ms: Date.now() - changedAt });
      } catch (error) {
        if (!context.signal.aborted) context.reporter.warning(`not reloaded, what ran before goes on: ${reasonOf(error)}`);
      }
    };
    if (options.watch) cleanup.add(watchSource(options, context, reload));

    return {
      lost: dynamodb === undefined ? new Promise(() => undefined) : dynamodb.lost.then((reason) => {
        throw new LocalError('DYNAMODB_FAILED', `the embedded DynamoDB has ended: ${reason}`);
      }),
      stop: async (graceMs, now) => {
        window.close();
        await Promise.race([served.drain(), sleep(graceMs, undefined, { signal: now, ref: false }).catch(() => undefined)]);
        await cleanup.run();
      },
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** Reloads after a change, one reload at a time; what changes during one is seen by the next. */
function watchSource({ source, dataDirectory }: LocalOptions, { directory }: RunContext, reload: (changedAt: number) => Promise<void>): () => void {
  let waiting: number | undefined;
  let isReloading = false;
  const changed = async (changedAt: number): Promise<void> => {
    waiting ??= changedAt;
    if (isReloading) return;
    isReloading = true;
    while (waiting !== undefined) {
      const first: number = waiting;
      waiting = undefined;
      await reload(first);
    }
    isReloading = false;
  };
  const root = source.kind === 'assembly' ? path.resolve(directory, source.directory) : directory;
  const ignores = source.kind === 'assembly' ? [] : [outputOf(directory), ...(dataDirectory === undefined ? [] : [path.resolve(directory, dataDirectory)])];
  const changes = watchFiles(root, ignores, (changedAt) => void changed(changedAt));
  return () => changes.close();
}

function givenIn({ given }: LocalOptions, { directory }: RunContext): Given {
  return { ...given, layers: new Map([...given.layers].map(([arn, folder]) => [arn, path.resolve(directory, folder)])) };
}
