/** Where a test's rule is written. */
export type Source = 'ietf-07' | 'stripe' | 'rfc8941' | 'rfc9110' | 'rfc9111' | 'rfc9112' | 'rfc9457' | 'fetch' | 'oasis' | 'ours';

export interface Rule {
  readonly source: Source;
  /** Section of the document. */
  readonly section?: string;
  /** What it asks for, in short; for rules of ours, why. */
  readonly says: string;
}

export interface Document {
  readonly title: string;
  /** As it is cited where there is little room. */
  readonly short: string;
  readonly url: string;
}

export const DOCUMENTS: Readonly<Record<Source, Document>> = {
  'ietf-07': {
    title: 'draft-ietf-httpapi-idempotency-key-header-07',
    short: 'draft-07',
    url: 'https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07',
  },
  'stripe': { title: 'Stripe API, Idempotent requests', short: 'Stripe', url: 'https://docs.stripe.com/api/idempotent_requests' },
  'rfc8941': { title: 'RFC 8941, Structured Field Values for HTTP', short: 'RFC 8941', url: 'https://www.rfc-editor.org/rfc/rfc8941' },
  'rfc9110': { title: 'RFC 9110, HTTP Semantics', short: 'RFC 9110', url: 'https://www.rfc-editor.org/rfc/rfc9110' },
  'rfc9111': { title: 'RFC 9111, HTTP Caching', short: 'RFC 9111', url: 'https://www.rfc-editor.org/rfc/rfc9111' },
  'rfc9112': { title: 'RFC 9112, HTTP/1.1', short: 'RFC 9112', url: 'https://www.rfc-editor.org/rfc/rfc9112' },
  'rfc9457': { title: 'RFC 9457, Problem Details for HTTP APIs', short: 'RFC 9457', url: 'https://www.rfc-editor.org/rfc/rfc9457' },
  'fetch': { title: 'Fetch Standard, CORS protocol', short: 'Fetch', url: 'https://fetch.spec.whatwg.org/' },
  'oasis': {
    title: 'OASIS Repeatable Requests Version 1.0',
    short: 'OASIS Repeatable Requests',
    url: 'https://docs.oasis-open.org/odata/repeatable-requests/v1.0/repeatable-requests-v1.0.html',
  },
  'ours': { title: 'a rule of this kit', short: 'ours', url: 'https://github.com/cdk-idempotent-api/cdk-idempotent-api/blob/main/docs/conformance.md' },
};

const at = (source: Exclude<Source, 'ours'>) => (section: string, says: string): Rule => ({ source, section, says });

export const ietf = at('ietf-07');
export const rfc8941 = at('rfc8941');
export const rfc9110 = at('rfc9110');
export const rfc9111 = at('rfc9111');
export const rfc9112 = at('rfc9112');
export const rfc9457 = at('rfc9457');
export const fetchStandard = at('fetch');
export const oasis = at('oasis');
export const stripe = (says: string): Rule => ({ source: 'stripe', says });
/** A rule that no document has. */
export const ours = (because: string): Rule => ({ source: 'ours', says: because });

/** A rule as a line of text. */
export function describeRule({ source, section, says }: Rule): string {
  if (source === 'ours') return `ours, because ${says}`;
  return `${DOCUMENTS[source].title}${section === undefined ? '' : `, section ${section}`}: ${says}`;
}

/** Document and section alone. */
export const citeRule = ({ source, section }: Rule): string => `${DOCUMENTS[source].short}${section === undefined ? '' : `, ${section}`}`;

/** The section, where the document has addresses for its sections. */
export function urlOfRule({ source, section }: Rule): string {
  const { url } = DOCUMENTS[source];
  return section !== undefined && /^\d/.test(section) && source !== 'oasis' ? `${url}#section-${section}` : url;
}
