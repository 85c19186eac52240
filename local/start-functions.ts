import type { Cleanup } from './cleanup';
import type { Invoke } from './fronts/front';
import type { Endpoints, FunctionPlan } from './functions';
import { createFunction } from './lambda/function-pool';
import type { InvocationResult, LocalFunction, LogLine } from './lambda/local-function';
import type { OutcomeLog } from './outcome';
import type { Plan } from './plan';
import type { RunContext } from './run-context';

/** Starts the functions that something calls, and returns what calls them. */
export function startFunctions(
  plan: Plan, endpointsOf: (plan: FunctionPlan) => Endpoints, context: RunContext, outcomes: OutcomeLog, cleanup: Cleanup,
): Invoke {
  const running = new Map<FunctionPlan, LocalFunction>();
  const options = {
    userDirectory: context.directory,
    onLog: (line: LogLine) => {
      outcomes.observe(line);
      context.reporter.log({ function: line.functionId, line: line.line });
    },
    onNotice: (notice: string) => context.reporter.warning(notice),
  };
  for (const planned of plan.functions.planned) {
    const local = createFunction(planned.spec(endpointsOf(planned)), { ...options, environment: planned.environment });
    cleanup.add(() => local.close());
    running.set(planned, local);
  }
  return async (planned, requestId, event) => running.get(planned)?.invoke(requestId, event) ?? NOT_RUN;
}

const NOT_RUN: InvocationResult = { kind: 'threw', error: { errorType: 'NotRun', errorMessage: 'This function is not run locally.' } };
