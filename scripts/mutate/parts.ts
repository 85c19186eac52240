/** What is mutated together, and the tests that are to notice. */
export interface MutatedPart {
  readonly name: string;
  /** Files of the product, from the root. */
  readonly mutate: readonly string[];
  /** Test files, from `test/runtime`. Those that explore, or need a server that takes long, would take hours. */
  readonly tests: readonly string[];
  /** Least share of the mutants that a test must notice, in percent. */
  readonly goal: number;
  /** Conditions that stores decide by: no mutant of them may live, unless it is listed as equal to the original. */
  readonly noSurvivor?: true;
}

/** In the order of what a mistake there costs. */
export const PARTS: readonly MutatedPart[] = [
  { name: 'expressions', goal: 95, noSurvivor: true, mutate: ['stores/dynamodb/dynamodb-expressions.ts'], tests: ['stores/dynamodb/expressions', 'stores/migration/both-bodies'] },
  { name: 'transitions', goal: 95, noSurvivor: true, mutate: ['protocol/transitions.ts'], tests: ['protocol/transitions', 'stores/memory/memory-store'] },
  { name: 'verdict', goal: 95, mutate: ['protocol/verdict.ts', 'protocol/cancellation.ts', 'protocol/key-time.ts', 'protocol/retention.ts'], tests: ['protocol/verdict', 'protocol/cancellation', 'protocol/retention'] },
  { name: 'key', goal: 95, mutate: ['request/key.ts'], tests: ['request/key'] },
  { name: 'record-id', goal: 95, mutate: ['request/record-id.ts', 'request/tuple.ts'], tests: ['request/record-id', 'request/fingerprint'] },
  { name: 'fingerprint', goal: 95, mutate: ['request/fingerprint.ts'], tests: ['request/fingerprint', 'execution/keyed-fingerprints'] },
  { name: 'protocol', goal: 95, mutate: ['protocol/acquire.ts', 'protocol/commit.ts', 'protocol/conclude.ts', 'protocol/store-call.ts', 'protocol/wait.ts'], tests: ['protocol/acquire', 'protocol/commit', 'protocol/conclude', 'protocol/store-call', 'protocol/wait'] },
  { name: 'item', goal: 85, mutate: ['stores/dynamodb/dynamodb-item.ts', 'stores/dynamodb/transaction.ts'], tests: ['stores/dynamodb/expressions', 'stores/dynamodb/dynamodb-store', 'stores/dynamodb/commit', 'response/codec', 'response/replay', 'execution/sealed-responses'] },
  { name: 'canonical-json', goal: 85, mutate: ['request/canonical-json.ts', 'request/json-pointer.ts'], tests: ['request/canonical-json', 'request/fingerprint'] },
  { name: 'tenant', goal: 85, mutate: ['request/tenant.ts', 'request/identify.ts', 'request/standing-id.ts', 'request/key-age.ts', 'request/key-time.ts'], tests: ['request/tenant', 'request/requests', 'execution/execution', 'execution/late-retries', 'execution/keyed-fingerprints'] },
  { name: 'codec', goal: 85, mutate: ['response/codec.ts', 'response/seal.ts'], tests: ['response/codec', 'execution/sealed-responses'] },
  { name: 'response', goal: 85, mutate: ['response/!(codec|seal).ts'], tests: ['response/*', 'execution/*'] },
  { name: 'fronts', goal: 85, mutate: ['request/fronts/*.ts'], tests: ['request/**/*'] },
  { name: 'execution', goal: 85, mutate: ['execution/*.ts'], tests: ['execution/*'] },
  { name: 'memory', goal: 85, mutate: ['stores/memory/*.ts', 'stores/*.ts'], tests: ['stores/memory/*', 'execution/store-errors', 'execution/wait'] },
  { name: 'stores', goal: 85, mutate: ['stores/{dynamodb,overflow,migration,redis}/*.ts', '!stores/dynamodb/{dynamodb-expressions,dynamodb-item,transaction}.ts'], tests: ['stores/**/*'] },
];

/** Least share over all parts, in percent. */
export const OVERALL_GOAL = 85;
