import type { InvokeReference, InvokeTarget } from './aws/invocations';
import { longName } from './construct-id';
import type { DeployedResource } from './deployment';
import type { Invoke } from './fronts/front';
import type { Absent, Endpoints, FunctionCatalogue, FunctionPlan } from './functions';
import { createFunction } from './lambda/function-pool';
import type { FunctionSpec, LocalFunction, LogLine } from './lambda/local-function';
import { reasonOf } from './local-error';
import { nearest } from './nearest';
import type { OutcomeLog } from './outcome';
import type { RunContext } from './run-context';

/** The functions of a deployment as they run: those that an API calls from the start, others once they are invoked. */
export class RunningFunctions {
  /** By stack and logical id: a function stays itself when its code changes. */
  private readonly running = new Map<string, LocalFunction>();
  /** Whose last invocations are under way. */
  private readonly retiring = new Set<LocalFunction>();

  constructor(
    private catalogue: FunctionCatalogue,
    private readonly endpointsOf: (plan: FunctionPlan) => Endpoints,
    private readonly context: RunContext,
    private readonly outcomes: OutcomeLog,
  ) {}

  /** Throws where a function that an API calls cannot be started. */
  start(): void {
    this.catalogue.planned.forEach((planned) => this.of(planned));
  }

  /**
   * Prepares what another deployment changes: functions whose code, layers or
   * settings are new start anew, those that have been used already with a
   * sandbox that is ready. What it resolves with puts them in place, and gives
   * the ids of the changed ones. What the old ones were given, they answer.
   */
  async prepare(catalogue: FunctionCatalogue): Promise<() => readonly string[]> {
    const planned = new Map(catalogue.functions.map((resource) => [keyOf(resource), catalogue.planOf(resource)] as const));
    const wanted = new Set([...this.running.keys(), ...catalogue.planned.map(({ resource }) => keyOf(resource))]);
    const fresh = new Map<string, LocalFunction>();
    try {
      for (const key of wanted) {
        const plan = planned.get(key);
        if (plan === undefined || 'absent' in plan) continue;
        const spec = plan.spec(this.endpointsOf(plan));
        if (JSON.stringify(spec) !== JSON.stringify(this.running.get(key)?.spec)) fresh.set(key, this.create(plan, spec));
      }
    } catch (error) {
      await Promise.all([...fresh.values()].map((local) => local.close()));
      throw error;
    }
    await Promise.all([...fresh].map(async ([key, local]) => {
      if (!this.running.get(key)?.isUsed) return;
      const problem = await local.warmUp();
      if (problem !== undefined) this.context.reporter.warning(`the new code of ${local.spec.id} does not start: see its log`);
    }));
    return () => {
      this.catalogue = catalogue;
      for (const [key, local] of this.running) {
        const plan = planned.get(key);
        if (fresh.has(key) || plan === undefined || 'absent' in plan) this.retire(key, local);
      }
      fresh.forEach((local, key) => this.running.set(key, local));
      return [...fresh.values()].map(({ spec }) => spec.id);
    };
  }

  readonly invoke: Invoke = (planned, requestId, event) => this.of(planned).invoke(requestId, event);

  /** What Lambda's Invoke leads to; `undefined` where there is no such function. */
  find({ name, account, region, qualifier }: InvokeReference, askerId: string): InvokeTarget | Absent | undefined {
    const asker = this.catalogue.functions.find(({ stack }) => stack.id === askerId)?.stack;
    if (!asker) return undefined;
    const wanted = { account: account ?? asker.environment.account, region: region ?? asker.environment.region };
    const resource = nearest(this.catalogue.functions.filter(({ ref, environment }) =>
      ref === name && environment.account === wanted.account && environment.region === wanted.region), asker);
    if (!resource || !this.catalogue.isQualifier(resource, qualifier)) return undefined;
    const planned = this.catalogue.planOf(resource);
    if ('absent' in planned) return { absent: `the function ${longName(resource)} does not run locally: ${planned.absent}` };
    try {
      const local = this.of(planned);
      return {
        arn: planned.arn,
        timeoutSeconds: local.spec.timeoutSeconds,
        run: (request) => local.run({ ...request, refusesToWait: planned.isConcurrencyReserved && request.refusesToWait === true }),
      };
    } catch (error) {
      return { absent: `the function ${longName(resource)} cannot start: ${reasonOf(error)}` };
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.running.values(), ...this.retiring].map((local) => local.close()));
  }

  private retire(key: string, local: LocalFunction): void {
    this.running.delete(key);
    this.retiring.add(local);
    void local.retire().then(() => this.retiring.delete(local));
  }

  private of(planned: FunctionPlan): LocalFunction {
    const key = keyOf(planned.resource);
    const known = this.running.get(key);
    if (known) return known;
    const local = this.create(planned, planned.spec(this.endpointsOf(planned)));
    this.running.set(key, local);
    return local;
  }

  private create(planned: FunctionPlan, spec: FunctionSpec): LocalFunction {
    return createFunction(spec, {
      userDirectory: this.context.directory,
      environment: planned.environment,
      onLog: (line: LogLine) => {
        this.outcomes.observe(line);
        this.context.reporter.log({ function: line.functionId, line: line.line });
      },
      onNotice: (notice: string) => this.context.reporter.warning(notice),
    });
  }
}

const keyOf = ({ stack, logicalId }: DeployedResource): string => `${stack.id}/${logicalId}`;
