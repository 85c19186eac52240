/** How far a key reaches. */
export enum KeyScope {
  /** One key space per tenant, method and route template: the same key on two routes names two operations. */
  ROUTE = 'route',

  /** One key space per tenant: a key used again on another route is a mismatch, 422. */
  API = 'api',
}
