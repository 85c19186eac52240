import { parseOutcomeLine, type Outcome } from './outcome';
import { WINDOW_PATH } from './window/path';
import { METRICS } from '../lib/contract';
import { jsonLine } from '../runtime/observability/json-line';

export interface ServedApi {
  /** The construct id. */
  readonly id: string;
  readonly kind: 'http' | 'rest' | 'url';
  readonly url: string;
  /** The CloudFormation stack. */
  readonly stack: string;
}

export interface ReadyEvent {
  readonly apis: readonly ServedApi[];
  /** Its endpoint; `null` where no table asked for it. */
  readonly dynamodb: string | null;
  readonly tables: readonly { readonly id: string; readonly name: string }[];
}

export interface RequestEvent {
  readonly api: string;
  readonly method: string;
  /** As the client sent it, without the query. */
  readonly path: string;
  readonly status: number;
  readonly outcome: Outcome;
  /** The record's id; `null` where there is none. */
  readonly id: string | null;
  /** From the request's arrival to the answer's end, whole milliseconds. */
  readonly ms: number;
}

/** New code has taken the place of the old. */
export interface ReloadEvent {
  /** Construct ids of the functions whose code, layers or settings are new. */
  readonly functions: readonly string[];
  /** From the save to the new code's being ready to answer, whole milliseconds. */
  readonly ms: number;
}

export interface LogEvent {
  /** The function's construct id. */
  readonly function: string;
  readonly line: string;
}

/** Where the lines go: what happens to standard output, what a person must know to standard error. */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

export interface Reporter {
  ready(event: ReadyEvent): void;
  request(event: RequestEvent): void;
  log(event: LogEvent): void;
  reload(event: ReloadEvent): void;
  warning(message: string): void;
}

/** With `json`, each line is one JSON object with the field `event`, on both streams. */
export const createReporter = (json: boolean, output: Output): Reporter => (json ? jsonReporter(output) : textReporter(output));

const jsonReporter = (output: Output): Reporter => ({
  ready: ({ apis, dynamodb, tables }) => output.out(jsonLine({ event: 'ready', apis, dynamodb, tables })),
  request: ({ api, method, path, status, outcome, id, ms }) =>
    output.out(jsonLine({ event: 'request', api, method, path, status, outcome, id, ms })),
  log: ({ function: name, line }) => output.out(jsonLine({ event: 'log', function: name, line })),
  reload: ({ functions, ms }) => output.out(jsonLine({ event: 'reload', functions, ms })),
  warning: (message) => output.err(jsonLine({ event: 'warning', message })),
});

const textReporter = (output: Output): Reporter => ({
  ready: ({ apis, dynamodb, tables }) => {
    for (const table of tables) output.out(`table ${table.id} ${table.name} ${dynamodb}`);
    // Every port has it; one address is enough to know.
    if (apis[0]) output.out(`window ${apis[0].url}${WINDOW_PATH}`);
    for (const api of apis) output.out(`ready ${api.id} ${api.kind} ${api.url}`);
  },
  request: ({ api, method, path, status, outcome, id, ms }) =>
    output.out(`request ${api} ${method} ${path} ${status} ${outcome} ${ms} ms${id === null ? '' : ` ${id}`}`),
  log: ({ function: name, line }) => {
    if (!isTheWrappersOwn(line)) output.out(`log ${name} ${line}`);
  },
  reload: ({ functions, ms }) => output.out(`reload ${functions.join(', ') || 'no function'} ${ms} ms`),
  warning: (message) => output.err(`warning: ${message}`),
});

/** What a person reads in the `request` line already. Where the wrapper met a fault, its line says why, and stays. */
function isTheWrappersOwn(line: string): boolean {
  const told = parseOutcomeLine(line)?.outcome;
  if (told !== undefined) return told !== 'store_error';
  return line.includes('"_aws"') && line.includes(`"Namespace":"${METRICS.NAMESPACE}"`);
}
