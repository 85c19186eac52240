import { MARKER, Shop, lambdaContext } from '../../support/shop';

/** A sandbox so slow that the fingerprint alone takes longer than a claim may. */
let spend = (): void => {};
jest.mock('../../../runtime/request/fingerprint', () => {
  const real = jest.requireActual<typeof import('../../../runtime/request/fingerprint')>('../../../runtime/request/fingerprint');
  return { ...real, fingerprint: (...args: Parameters<typeof real.fingerprint>) => (spend(), real.fingerprint(...args)) };
});

describe('F82: a fingerprint that takes 6 seconds', () => {
  test('F82: takes none of the time that the store has to answer: executed and replayed', async () => {
    const shop = new Shop();
    spend = () => shop.clock.advance(6_000);
    expect((await shop.pay('payment-1')).statusCode).toBe(201);
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
  });

  test('F82: is time of the function: with too little left after it nothing is claimed', async () => {
    const shop = new Shop();
    spend = () => shop.clock.advance(6_000);
    const claim = jest.spyOn(shop.store, 'claim');
    expect((await shop.pay('payment-1', {}, lambdaContext(shop.clock, 6_100))).statusCode).toBe(503);
    expect(claim).not.toHaveBeenCalled();
    expect(shop.handler.calls).toHaveLength(0);
  });
});
