import { readFileSync } from 'node:fs';
import type { Flags, Given } from './flags';
import { DEFAULT_KIND, KIND_NAMES, tenantOf } from './tenant-flags';
import { parseKey } from '../runtime/request/key';
import { recordId } from '../runtime/request/record-id';

const DEFAULT_METHOD = 'POST';
/** How gateways name a route of every method; no request has it. */
const ANY_METHOD = 'ANY';

/** Flags that say which record. */
export const RECORD_FLAGS = {
  'id': { value: 'ID', help: 'the record\'s id, from a log line; or, in its place, all of what it is made of:' },
  'key': { value: 'KEY', help: 'the idempotency key as the client sent it' },
  'tenant': { value: 'TENANT', repeated: true, help: 'whose key it is; again for each part where a kind has several' },
  'tenant-kind': {
    value: 'KIND',
    repeated: true,
    help: `where the tenant comes from (default ${DEFAULT_KIND}, what TenantSource.auto() finds):\n${KIND_NAMES.slice(0, 5).join(', ')},\n${KIND_NAMES.slice(5).join(', ')};\nseveral, each before its --tenant, for TenantSource.all()`,
  },
  'method': { value: 'METHOD', help: `of the request, not of the route; default ${DEFAULT_METHOD}` },
  'route': { value: 'ROUTE', help: 'the route\'s template: "/payments/{id}", "$default"; of a function URL the path' },
  'namespace': {
    value: 'NAME',
    help: 'the "namespace" setting; without one the construct\'s path ("Shop/Api"),\nor the function\'s name where code wraps without a construct.\nIt is the metrics\' dimension "service"',
  },
  'key-scope': { value: 'SCOPE', help: '"route" (default), or "api" where the API says KeyScope.API' },
  'secret-file': { value: 'FILE', help: 'file with the key secret\'s value, where the API has a keySecret' },
} as const satisfies Flags;

type RecordFlag = keyof typeof RECORD_FLAGS;
type ReadFile = (path: string) => string;

const readText: ReadFile = (path) => readFileSync(path, 'utf8');

/**
 * The id of the record that a command line speaks of, the very one that the
 * runtime computes.
 *
 * @param beside flags that `--id` stands beside, since they are for something else as well
 * @throws OperateError with code `USAGE`, which never repeats the key
 */
export function recordIdOf(given: Given<RecordFlag>, readFile: ReadFile = readText, beside: readonly RecordFlag[] = []): string {
  const id = given.text('id');
  if (id !== undefined) {
    const other = given.all.find(([flag]) => !['id', ...beside].includes(flag) && Object.hasOwn(RECORD_FLAGS, flag))?.[0];
    if (other !== undefined) throw given.wrong(`--id and --${other} exclude each other; give one of them`);
    if (!/^[\w-]{43}$/.test(id)) throw given.wrong('--id is no record\'s id, which has 43 characters; take "id" of a log line');
    return id;
  }
  const key = keyOf(given);
  const keyScope = keyScopeOf(given);
  return recordId({
    namespace: namespaceOf(given),
    tenant: tenantOf(given),
    method: methodOf(given),
    route: keyScope === 'api' ? '' : routeOf(given),
    key,
    keyScope,
    secret: secretOf(given, readFile),
  });
}

function keyOf(given: Given<RecordFlag>): string {
  const sent = given.text('key');
  if (sent === undefined) throw given.wrong('which record? Give --key and what belongs to it, or --id from a log line');
  return parsedKey(sent, given);
}

/** A key as the API reads it, bare or quoted. */
export function parsedKey(sent: string, given: Pick<Given, 'wrong'>): string {
  const key = parseKey({ headers: new Map([['key', [sent]]]) }, { headerName: 'key', headerAliases: [], minKeyLength: 1 });
  if (key.kind === 'key') return key.value;
  throw given.wrong(`the key is not one that the API accepts${key.kind === 'invalid' ? ` (${key.reason})` : ''}: it was answered 400`);
}

function keyScopeOf(given: Given<RecordFlag>): 'route' | 'api' {
  const scope = given.text('key-scope') ?? 'route';
  if (scope !== 'route' && scope !== 'api') throw given.wrong('--key-scope is neither "route" nor "api"');
  return scope;
}

function methodOf(given: Given<RecordFlag>): string {
  const method = (given.text('method') ?? DEFAULT_METHOD).toUpperCase();
  if (method === ANY_METHOD) throw given.wrong('--method is what the client sent, on a route of ANY too: give POST, for one');
  if (!/^[A-Z]+$/.test(method)) throw given.wrong('--method is no method; give what the client sent, POST for one, and the template in --route');
  return method;
}

function routeOf(given: Given<RecordFlag>): string {
  const route = given.text('route');
  if (route === undefined) throw given.wrong('--route is missing: give the route\'s template, "/payments/{id}"');
  if (!/^(\/\S*|\$default)$/.test(route)) throw given.wrong('--route begins with "/" or is "$default"; the method goes into --method');
  return route;
}

function namespaceOf(given: Given<RecordFlag>): string {
  const namespace = given.text('namespace');
  if (namespace !== undefined) return namespace;
  throw given.wrong(
    '--namespace is missing: give the construct\'s path ("Shop/Api"), or the "namespace" setting. ' +
    'Both the metrics\' dimension "service" and the function\'s variable IDEMPOTENCY_SETTINGS have it',
  );
}

/** What prints a secret into a file ends it with a line break, which is not of the secret. */
export function secretOf(given: Given<RecordFlag>, readFile: ReadFile = readText): string | undefined {
  const file = given.text('secret-file');
  if (file === undefined) return undefined;
  const secret = read(file).replace(/\r?\n$/, '');
  if (secret === '') throw given.wrong('--secret-file is empty');
  return secret;

  function read(path: string): string {
    try {
      return readFile(path);
    } catch (cause) {
      throw given.wrong(`--secret-file cannot be read: ${(cause as { code?: string }).code ?? 'no text in it'}`);
    }
  }
}
