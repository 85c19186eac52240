import type { Transitions } from './scenario';
import { isReadable, type IdempotencyRecord } from '../../../../runtime/protocol/record';
import { applyClaim, applyCommit, applyCompletion } from '../../../../runtime/protocol/transitions';

/** The transitions of the peers, for the variants that the exploration must catch. */
export const WITHOUT: Record<string, Partial<Transitions>> = {
  tokenInCompletion: {
    complete: (record, completion) =>
      record !== undefined && isReadable(record) && record.status === 'P'
        ? applyCompletion(record, { ...completion, token: record.token })
        : { record, reply: { applied: false, current: record } },
  },
  conditionOfCompletion: {
    complete: (record, completion) => ({
      record: {
        ...(record as IdempotencyRecord),
        id: completion.id,
        version: 1,
        status: 'C',
        token: completion.token,
        expiresAt: completion.expiresAt,
        response: completion.response,
      },
      reply: { applied: true },
    }),
  },
  tokenInCommit: {
    commit: (record, given, effects) =>
      record !== undefined && isReadable(record) && record.status === 'P'
        ? applyCommit(record, { ...given, token: record.token }, effects)
        : { record, reply: { applied: false, refusedBy: 'record', current: record } },
  },
  conditionOfRelease: { release: () => ({ record: undefined, reply: { applied: true } }) },
  fingerprintInTakeover: {
    claim: (record, claim) => {
      const expiredLease =
        record !== undefined && isReadable(record) && record.status === 'P' && record.token !== claim.token &&
        record.leaseEnd! < claim.now - claim.margin;
      return applyClaim(expiredLease ? { ...record, fingerprint: claim.fingerprint } : record, claim);
    },
  },
};

