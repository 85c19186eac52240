import type { CancellationReason, TransactReply } from './dynamodb-transport';
import type { CommitReply, EffectRefusal } from '../store';

/** Errors of TransactWriteItems that refuse the request as a whole: it has written nothing. */
export const REFUSED_WHOLE: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ItemCollectionSizeLimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ResourceNotFoundException',
  'SerializationException',
  'ThrottlingException',
  'ValidationException',
]);

const CONTENTION: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/**
 * What a refused transaction, whose first item is the record, says of the commit:
 * the record comes first, then what is final, then what may pass the next time.
 */
export function judgeTransaction(
  { reasons, code, resent, cause }: Extract<TransactReply, { applied: false }>,
  decode: (item: Record<string, unknown> | undefined) => Extract<CommitReply, { refusedBy: 'record' }>['current'],
): Exclude<CommitReply, { applied: true }> {
  const [record, ...effects] = reasons;
  if (record?.code === 'ConditionalCheckFailed') return { applied: false, refusedBy: 'record', current: decode(record.item) };
  const contended = reasons.length === 0 ? CONTENTION.has(code) : reasons.every((reason) => isNone(reason) || CONTENTION.has(reason.code));
  if (contended) return { applied: false, refusedBy: 'contention', mayStillArrive: resent, cause };
  return { applied: false, refusedBy: 'effects', reasons: effects.map(refusalOf), mayStillArrive: resent, cause };
}

const isNone = ({ code }: CancellationReason): boolean => code === 'None';

const refusalOf = (reason: CancellationReason): EffectRefusal | undefined => (isNone(reason) ? undefined : reason);
