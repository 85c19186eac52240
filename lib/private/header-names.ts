import { HEADERS, WireSettings } from '../contract';

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
