import { keyHeadersOf } from '../../local/key-headers';

test('the default name, those of the settings and those of each route, in lower case', () => {
  expect(keyHeadersOf(JSON.stringify({
    defaults: { headerName: 'X-Request-Key', headerAliases: ['Idempotency-Key', 'X-Old'] }, routes: { 'POST /a': { headerName: 'X-Mine' } },
  }))).toEqual(['idempotency-key', 'x-request-key', 'x-old', 'x-mine']);
});

test.each([undefined, '', 'null', '{', '{"defaults":{"headerName":7}}', '{"routes":{}}'])('the default name alone for %j', (settings) => {
  expect(keyHeadersOf(settings)).toEqual(['idempotency-key']);
});
