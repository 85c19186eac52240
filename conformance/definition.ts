import type { ProfileName } from './profile-name';
import type { Rule } from './rules';

/** What a test's title begins with: what its rule asks for, or CHECK where no rule says what is right and one wants to know. */
export const LEVELS = ['MUST', 'SHOULD', 'MAY', 'CHECK'] as const;
export type Level = (typeof LEVELS)[number];

/** A test as data: what is sent, and what must be seen. Nothing in it runs. */
export interface TestDefinition {
  /** Stable: baselines, results and links name it. The part before the dot is its topic. */
  readonly id: string;
  /** Begins with the level that the rule has in the profile `ietf-07`. */
  readonly title: `${Level} ${string}`;
  readonly rule: Rule;
  /** Where another profile asks for more or less than the title; `none` leaves the test out. */
  readonly levels?: Partial<Record<ProfileName, Level | 'none'>>;
  /** Tests without which this one says nothing. */
  readonly dependsOn?: readonly string[];
  /** Beyond what the steps themselves need: `effects` where answers alone cannot tell how often something ran. */
  readonly needs?: readonly 'effects'[];
  readonly steps: readonly Step[];
}

/** `main` is `--url`; the others are given by `--route NAME=URL`. */
export const ROUTES = {
  main: 'the operation under test',
  other: 'another operation of the same API that takes the same body',
  required: 'an operation that refuses a request without a key',
  waiting: 'an operation that lets a duplicate wait for the first answer',
  brief: 'the operation with a short retention (--ttl) and a short lease (--lease)',
  remembering: 'the operation with a short retention (--ttl) that knows a key for longer than its answer',
  dated: 'an operation whose keys are UUIDv7 and carry their own time',
} as const;
export type RouteName = keyof typeof ROUTES;

/** What the handler is asked to do, in the header `Conformance-Act`. */
export interface Act {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Bytes of the body, in base64. */
  readonly base64?: string;
  /** A body of that many random hexadecimal digits. */
  readonly random?: number;
  /** Of the first run alone: wait until released, throw, end the process, or never end. */
  readonly do?: 'hold' | 'throw' | 'exit' | 'hang';
}

/** `sample` is `--body`, `other` is `--other-body`. */
export type BodyOf = 'sample' | 'other' | 'none' | { readonly text: string; readonly type: string } | { readonly bytes: number; readonly lastByte?: string };

/**
 * A request. In `key` and `headers`, `{K}` and `{L}` stand for random UUIDs, the
 * same throughout the test, `{long}` for 255 random characters, `{digits}` for 20
 * random digits, `{v7:+600}` for a UUIDv7 of a time that many seconds ahead, and
 * `{key:L}` for `{L}` in the target's own form, quoted or bare. Further there are
 * `{key-header}` and `{origin}`.
 */
export interface Sending {
  readonly method?: string;
  readonly route?: RouteName;
  /** Added to the URL's own. */
  readonly query?: string;
  /** The header as it is sent; several are several headers. Default: `{key:K}`. `null` sends none. */
  readonly key?: string | readonly string[] | null;
  /** Another spelling of the header's name. */
  readonly keyHeader?: 'lower' | 'upper';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyOf;
  readonly tenant?: 'a' | 'b' | 'none';
  /** Which effect this request is about, where a test has several. */
  readonly effect?: string;
  readonly act?: Act;
  readonly over?: 'http/1.1' | 'http/2' | 'bytes' | 'chunked' | 'kept-alive' | 'expect-continue';
  /** Where an answer with one of these statuses, or without this header, says that the target has no such thing. */
  readonly lacking?: { readonly statuses?: readonly number[]; readonly header?: string; readonly reason: string };
}

/** Names of what a profile has statuses for. */
export type StatusName =
  | 'success' | 'conflict' | 'mismatch' | 'malformed' | 'missing' | 'refusal' | 'error' | 'failure' | 'expired' | 'late' | 'unauthorized';
export type Statuses = StatusName | number | readonly (StatusName | number)[];

export type HeaderExpectation =
  | { readonly is: string }
  | { readonly absent: true }
  | { readonly present: true }
  /** A member of a comma-separated list, in any case; `*` counts where `star` says so. */
  | { readonly lists: string; readonly star?: boolean }
  | { readonly matches: string }
  | { readonly sameAs: string }
  | { readonly not: string };

/** What an answer must be. All that is said has to hold. */
export interface Expectation {
  readonly status?: Statuses;
  /** Status and body of a former answer, byte for byte. */
  readonly sameAs?: string;
  /** Its body is none of that answer's: another execution. Says nothing where answers carry nothing fresh. */
  readonly unlike?: string;
  readonly headers?: Readonly<Record<string, HeaderExpectation>>;
  readonly body?: { readonly is: string } | { readonly base64: string } | { readonly lacks: string } | { readonly members: readonly string[] };
  /** Carries the profile's mark of a replay, or does not. */
  readonly replay?: boolean;
  /** The header that marks it as a replay may be read by pages. */
  readonly markExposed?: true;
  /** An RFC 9457 document that agrees with the status. */
  readonly problem?: true;
  /** Says in words what is wrong. */
  readonly described?: true;
  /** Links to documentation: a `Link` with rel `describedby` or `help`, or an absolute URL in the body. */
  readonly link?: true;
  /** At least one of these holds. */
  readonly anyOf?: readonly Expectation[];
}

export interface Count {
  readonly is?: number;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** How long a step may go on: the target's own number for it, and what is due on top. */
export type Span = 'ttl' | 'lease' | 'answer';

export type Step =
  /** A failed `setup` says nothing about the rule: the test could not be set up. */
  | (Sending & { readonly do: 'send'; readonly as: string; readonly setup?: true; readonly expect?: Expectation })
  /** Sends, and goes on without the answer. */
  | (Sending & { readonly do: 'start'; readonly as: string })
  /** The answer to what was started. */
  | { readonly do: 'answer'; readonly of: string; readonly expect?: Expectation; readonly setup?: true }
  /** Many at once: under one key, or under a key each. */
  | (Sending & {
    readonly do: 'parallel';
    readonly as: string;
    readonly count: number | 'concurrency';
    readonly keys: 'one' | 'each';
    readonly each: Expectation;
    /** All successful answers have one body; or each has a body of its own. */
    readonly successes?: 'alike' | 'distinct';
    readonly atLeastOne?: Expectation;
  })
  /** Sends again while the answer is as said; the first one that is not is the step's answer. */
  | (Sending & { readonly do: 'poll'; readonly as: string; readonly while: Expectation; readonly within: Span; readonly expect?: Expectation })
  /** Sends again until the retention of that answer is over. Every answer that came before has to be as expected. */
  | (Sending & { readonly do: 'throughout'; readonly as: string; readonly span: 'ttl'; readonly since: string; readonly expect: Expectation })
  /** Several requests on one connection, without waiting for an answer. */
  | { readonly do: 'pipeline'; readonly requests: readonly (Sending & { readonly as: string })[]; readonly each: Expectation; readonly successes?: 'alike' | 'distinct' }
  /** Hangs up: in the middle of the body, while the handler runs, or as the answer begins. */
  | (Sending & { readonly do: 'cut'; readonly as: string; readonly at: 'body' | 'running' | 'answer' })
  /** Barrier: the effect has begun that many times. */
  | { readonly do: 'running'; readonly of?: string; readonly times?: number }
  /** Lets held runs go on. */
  | { readonly do: 'release'; readonly of?: string }
  /** How often the effect has begun by now. */
  | ({ readonly do: 'effects'; readonly of?: string; readonly setup?: true } & Count)
  /** The published policy. */
  | { readonly do: 'policy'; readonly says?: readonly string[] };
