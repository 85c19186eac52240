import { requestIdOf, type Call } from './call';
import { mayBeOne, within, type ExecutionAround } from './in-handler';
import { recordIds } from '../request/identify';

/**
 * Whether this very request is being executed around the running code: the
 * handler is wrapped twice, with something in between that hides it (middy, a
 * tracer). The inner wrapper would meet the outer one's claim and refuse it, or,
 * where its settings make another id of the request, a claim of its own that a
 * dead attempt left, and the outer one would record that refusal.
 *
 * The record's id tells, and so do key and invocation, where the settings of
 * the two differ. What has come through this wrapper before is a retry that the
 * handler itself has sent.
 */
export async function isPartOf({ execution, requestId, wrappers }: ExecutionAround, call: Call): Promise<boolean> {
  if (wrappers.includes(call.wrapper)) return false;
  if (execution.key === call.key && mayBeOne(requestId, requestIdOf(call.context))) return true;
  const ids = await recordIds(call);
  return ids.kind === 'ids' && [ids.id, ids.previousId].includes(execution.id);
}

/** The handler runs within the execution that is there; the wrapper around records and tells of it. */
export const join = ({ wrapper, handler, event, context }: Call, around: ExecutionAround): unknown =>
  within(context, { ...around, wrappers: [...around.wrappers, wrapper] }, () => handler(event, context));
