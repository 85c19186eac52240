import { RUNTIME_DEFAULTS } from '../../lib/private/function-settings';
import { DEFAULTS } from '../../runtime/configuration/settings';

test('the defaults that the constructs spell out are those of the runtime', () => {
  const { namespace, replayHeaders, replayMarker, ...common } = DEFAULTS;
  const { cors, ...spelledOut } = RUNTIME_DEFAULTS;
  expect(spelledOut).toEqual(common);
  // No origins: as if nothing had been configured.
  expect(cors).toEqual({ allowOrigins: [] });
  expect([namespace, replayHeaders, replayMarker]).not.toContain(undefined);
});
