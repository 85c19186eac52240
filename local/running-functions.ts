import type { Stack } from './assembly';
import type { InvokeReference, InvokeTarget } from './aws/invocations';
import { longName } from './construct-id';
import type { Invoke } from './fronts/front';
import type { Absent, Endpoints, FunctionCatalogue, FunctionPlan } from './functions';
import { createFunction } from './lambda/function-pool';
import type { LocalFunction, LogLine } from './lambda/local-function';
import { reasonOf } from './local-error';
import { nearest } from './nearest';
import type { OutcomeLog } from './outcome';
import type { RunContext } from './run-context';

/** The functions of a deployment as they run: those that an API calls from the start, others once they are invoked. */
export class RunningFunctions {
  private readonly running = new Map<FunctionPlan, LocalFunction>();

  constructor(
    private readonly catalogue: FunctionCatalogue,
    private readonly endpointsOf: (plan: FunctionPlan) => Endpoints,
    private readonly context: RunContext,
    private readonly outcomes: OutcomeLog,
  ) {}

  /** Throws where a function that an API calls cannot be started. */
  start(): void {
    this.catalogue.planned.forEach((planned) => this.of(planned));
  }

  readonly invoke: Invoke = (planned, requestId, event) => this.of(planned).invoke(requestId, event);

  /** What Lambda's Invoke leads to; `undefined` where there is no such function. */
  find({ name, account, region, qualifier }: InvokeReference, asker: Stack): InvokeTarget | Absent | undefined {
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
    await Promise.all([...this.running.values()].map((local) => local.close()));
  }

  private of(planned: FunctionPlan): LocalFunction {
    const known = this.running.get(planned);
    if (known) return known;
    const local = createFunction(planned.spec(this.endpointsOf(planned)), {
      userDirectory: this.context.directory,
      environment: planned.environment,
      onLog: (line: LogLine) => {
        this.outcomes.observe(line);
        this.context.reporter.log({ function: line.functionId, line: line.line });
      },
      onNotice: (notice: string) => this.context.reporter.warning(notice),
    });
    this.running.set(planned, local);
    return local;
  }
}
