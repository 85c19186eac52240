import type { StatusName } from './definition';
import type { ProfileName } from './profile-name';

export type StatusSet = readonly (number | '2xx' | '4xx' | '5xx')[];

/** A reading of the rules: which statuses count, how a key is written, what marks a replay. */
export interface Profile {
  readonly name: ProfileName;
  readonly title: string;
  /** The form of a key that most of the tests use. */
  readonly keyForm: 'quoted' | 'bare';
  readonly statuses: Readonly<Record<StatusName, StatusSet>>;
  /** Any of these headers marks a replay. The first one is the profile's own. */
  readonly markers: readonly string[];
}

/** In use, by documentation, for want of a rule. */
const KNOWN_MARKERS = [
  'Idempotent-Replayed', 'X-Idempotent-Replay', 'X-Idempotent-Replayed', 'Idempotency-Replayed', 'X-Idempotency-Replayed', 'X-Idempotent-Replay-Hit',
];

const STATUSES: Readonly<Record<StatusName, StatusSet>> = {
  success: ['2xx'],
  conflict: [409],
  mismatch: [422],
  malformed: [400],
  missing: [400],
  refusal: ['4xx'],
  error: ['5xx'],
  failure: ['4xx', '5xx'],
  expired: [410],
  late: [412],
  unauthorized: [401, 403],
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  'ietf-07': {
    name: 'ietf-07',
    title: 'draft-ietf-httpapi-idempotency-key-header-07',
    keyForm: 'quoted',
    statuses: STATUSES,
    markers: KNOWN_MARKERS,
  },
  'stripe': {
    name: 'stripe',
    title: 'as Stripe documents its API',
    keyForm: 'bare',
    // An `idempotency_error` is a 400; a request at the same time as another of its key is a 409.
    statuses: { ...STATUSES, mismatch: [400] },
    markers: ['Idempotent-Replayed'],
  },
  'ours': {
    name: 'ours',
    title: 'what cdk-idempotent-api promises',
    keyForm: 'bare',
    statuses: STATUSES,
    markers: ['X-Idempotent-Replay'],
  },
};

/** Whether a status is of a set. */
export const isIn = (status: number, set: StatusSet): boolean =>
  set.some((each) => (typeof each === 'number' ? each === status : each === `${Math.floor(status / 100)}xx`));
