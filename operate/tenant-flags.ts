import type { Given } from './flags';
import type { TenantIdentity } from '../runtime/request/record-id';

/** Kinds of `runtime/request/tenant.ts`, and what each takes for `--tenant`. */
const KINDS: Readonly<Record<string, { readonly parts: readonly string[]; readonly optional?: string }>> = {
  account_id: { parts: ['the account id'] },
  jwt: { parts: ['"iss"', '"sub"'] },
  iam: { parts: ['the AWS account', 'assumed-role/NAME or the user id'], optional: 'the Cognito identity id' },
  lambda: { parts: ['the authorizer\'s principalId'] },
  apiKey: { parts: ['the id of the API key'] },
  custom: { parts: ['what the tenant function returned'] },
  public: { parts: [] },
  none: { parts: [] },
};
const NAMED = /^(jwtClaim|lambdaContext|header):(.+)$/;

export const DEFAULT_KIND = 'account_id';
export const KIND_NAMES = [...Object.keys(KINDS), 'jwtClaim:NAME', 'lambdaContext:NAME', 'header:NAME'];

/**
 * The tenant that a command line names. One kind takes every `--tenant`; of
 * several, which is what `TenantSource.all()` makes, each takes those after it.
 */
export function tenantOf(given: Given<'tenant' | 'tenant-kind'>): TenantIdentity {
  const words = given.all.filter(([flag]) => flag === 'tenant' || flag === 'tenant-kind');
  const kinds = words.filter(([flag]) => flag === 'tenant-kind').map(([, kind]) => kind);
  const values = words.filter(([flag]) => flag === 'tenant').map(([, value]) => value);
  if (kinds.length === 0 && values.length === 0) {
    throw given.wrong('--tenant is missing: whose key is it? For an API without an authorizer give --tenant-kind public');
  }
  if (kinds.length <= 1) return single(kinds[0] ?? DEFAULT_KIND, values, given);
  if (words[0]![0] === 'tenant') throw given.wrong('of several --tenant-kind each is followed by its own --tenant');
  const sources: { kind: string; values: string[] }[] = [];
  for (const [flag, text] of words) {
    if (flag === 'tenant-kind') sources.push({ kind: text, values: [] });
    else sources.at(-1)!.values.push(text);
  }
  const tenants = sources.map((source) => single(source.kind, source.values, given));
  return { kind: 'all', parts: tenants.flatMap(({ kind, parts }) => [kind, String(parts.length), ...parts]) };
}

function single(given: string, values: readonly string[], { wrong }: Pick<Given, 'wrong'>): TenantIdentity {
  const named = NAMED.exec(given);
  // Header names are the same in every case, and are hashed in lower case.
  const kind = named?.[1] === 'header' ? given.toLowerCase() : given;
  const known = named !== null ? { parts: [`the ${named[1]}`], optional: undefined } : Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (known === undefined) throw wrong(`--tenant-kind is none of ${KIND_NAMES.join(', ')}`);
  const { parts, optional } = known;
  if (values.length < parts.length || values.length > parts.length + (optional === undefined ? 0 : 1)) {
    const wanted = parts.length === 0 ? 'no --tenant' : `${parts.length} --tenant: ${parts.join(', ')}${optional === undefined ? '' : `, and ${optional} if there is one`}`;
    throw wrong(`--tenant-kind ${kind} takes ${wanted}; got ${values.length}`);
  }
  return { kind, parts: values };
}
