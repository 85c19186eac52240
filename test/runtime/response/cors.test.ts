import type { WireCors } from '../../../lib/contract';
import { corsHeaders, corsOnReplay } from '../../../runtime/response/cors';

const SHOP = 'https://shop.example';
const OTHER = 'https://other.example';

describe('CORS on the wrapper\'s own responses', () => {
  test.each<[string, WireCors | undefined, string | undefined, readonly (readonly [string, string])[]]>([
    ['no CORS on the API', undefined, SHOP, []],
    ['an empty list of origins', { allowOrigins: [] }, SHOP, []],
    ['any origin', { allowOrigins: ['*'] }, SHOP,
      [['Access-Control-Allow-Origin', '*'], ['Access-Control-Expose-Headers', 'Retry-After, X-Should-Retry']]],
    ['any origin, and a request from no page', { allowOrigins: ['*'] }, undefined, []],
    ['an origin of the list', { allowOrigins: [OTHER, SHOP] }, SHOP,
      [['Access-Control-Allow-Origin', SHOP], ['Access-Control-Expose-Headers', 'Retry-After, X-Should-Retry'], ['Vary', 'Origin']]],
    ['with credentials', { allowOrigins: [SHOP], allowCredentials: true }, SHOP,
      [['Access-Control-Allow-Origin', SHOP], ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Expose-Headers', 'Retry-After, X-Should-Retry'], ['Vary', 'Origin']]],
    ['an origin that is not of the list', { allowOrigins: [SHOP], allowCredentials: true }, OTHER, [['Vary', 'Origin']]],
    ['an origin that a listed one merely begins', { allowOrigins: [SHOP] }, `${SHOP}.evil.example`, [['Vary', 'Origin']]],
    ['a list, and a request from no page', { allowOrigins: [SHOP] }, undefined, [['Vary', 'Origin']]],
  ])('F58: %s', (_name, cors, origin, expected) => {
    expect(corsHeaders(cors, origin, ['Retry-After', 'X-Should-Retry'])).toEqual(expected);
  });

  test('nothing to read, nothing to expose', () => {
    expect(corsHeaders({ allowOrigins: ['*'] }, SHOP, [])).toEqual([['Access-Control-Allow-Origin', '*']]);
  });
});

describe('CORS on replays', () => {
  const stored = [['Access-Control-Allow-Origin', SHOP], ['access-control-allow-credentials', 'true'], ['X-Total', '1']] as const;

  test('F58: a stored * is replayed to everybody', () => {
    const headers = [['access-control-allow-origin', '*'], ['X-Total', '1']] as const;
    expect(corsOnReplay(headers, OTHER)).toEqual(headers);
    expect(corsOnReplay(headers, undefined)).toEqual(headers);
  });

  test('F58: a stored origin is replayed to that origin', () => {
    expect(corsOnReplay(stored, SHOP)).toEqual([...stored, ['Vary', 'Origin']]);
  });

  test.each([OTHER, undefined, `${SHOP}/`, 'null'])('F58: and to no other (%s), nor are its credentials', (origin) => {
    expect(corsOnReplay(stored, origin)).toEqual([['X-Total', '1'], ['Vary', 'Origin']]);
  });

  test('F58: Vary is not said twice, and one on something else stays', () => {
    expect(corsOnReplay([...stored, ['vary', 'Accept, ORIGIN']], OTHER)).toEqual([['X-Total', '1'], ['vary', 'Accept, ORIGIN']]);
    expect(corsOnReplay([...stored, ['Vary', '*']], OTHER)).toEqual([['X-Total', '1'], ['Vary', '*']]);
    expect(corsOnReplay([...stored, ['Vary', 'Accept']], OTHER)).toEqual([['X-Total', '1'], ['Vary', 'Accept'], ['Vary', 'Origin']]);
  });

  test('a response without CORS stays without', () => {
    expect(corsOnReplay([['X-Total', '1']], SHOP)).toEqual([['X-Total', '1']]);
  });
});
