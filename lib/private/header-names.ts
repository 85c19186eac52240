import { Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { HEADERS, WireSettings } from '../contract';
import { refuse } from './errors';

/** What is given for the CORS of an API, where headers are added to it. */
export interface CorsHeaders {
  readonly allowHeaders?: string[];
  readonly exposeHeaders?: string[];
}

/** CloudFormation adds nothing to a list that it has from a parameter. */
export function requireNamedHeaders(site: IConstruct, prop: string, { allowHeaders, exposeHeaders }: CorsHeaders = {}): void {
  if (!Token.isUnresolved(allowHeaders) && !Token.isUnresolved(exposeHeaders)) return;
  refuse({
    site,
    prop,
    problem: 'has a list of headers that is not known at synth, which those of idempotency cannot be added to',
    remedy: 'Name each header, by a parameter of its own where it has to be one',
  });
}

/** The headers of idempotency in use on one API, for its CORS configuration. */
export class HeaderNames {
  private readonly ofRequests = new Map<string, string>();
  private readonly ofResponses = new Map<string, string>();

  public note(settings: WireSettings): void {
    const add = (to: Map<string, string>, ...names: readonly string[]) => names.forEach((name) => to.set(name.toLowerCase(), name));
    add(this.ofRequests, settings.headerName ?? HEADERS.KEY, ...settings.headerAliases ?? []);
    if (typeof settings.keyTime === 'object') add(this.ofRequests, settings.keyTime.header);
    add(this.ofResponses, HEADERS.REPLAY, HEADERS.PERSISTED, 'Retry-After');
    add(this.ofResponses, ...settings.retryHintHeaders ?? [HEADERS.SHOULD_RETRY], ...settings.replayMarkerAliases ?? []);
  }

  /** `configured` and what requests may carry. `*` covers everything. */
  public allowed(configured: readonly string[]): string[] {
    return extended(configured, this.ofRequests);
  }

  /** `configured` and what responses may bring. */
  public exposed(configured: readonly string[]): string[] {
    return extended(configured, this.ofResponses);
  }
}

function extended(configured: readonly string[], needed: ReadonlyMap<string, string>): string[] {
  if (configured.includes('*')) return [...configured];
  const present = new Set(configured.map((name) => name.toLowerCase()));
  return [...configured, ...[...needed].filter(([lower]) => !present.has(lower)).map(([, name]) => name)];
}
