import type { KeyFault } from './key';
import { keyTimeOf } from './key-time';
import { retentionOf } from '../configuration/settings';
import type { Call } from '../execution/call';
import { judgeKeyTime } from '../protocol/key-time';
import { seconds } from '../time';

/** How old the key of a request is, by the client's time of its first sending. */
export interface KeyAge {
  /** Where the time came in a header: as it was sent. */
  readonly text?: string;
  /** Judged by the time it is now. */
  judge(): 'in-time' | 'late' | 'ahead';
}

/** The age of a call's key, or why it has none. */
export function keyAgeOf({ key, request, settings, host }: Call): KeyAge | { readonly fault: KeyFault } {
  const sent = keyTimeOf(key, request, settings.keyTime);
  if (sent.kind === 'invalid') return { fault: sent.reason };
  if (sent.kind === 'none') return { judge: () => 'in-time' };
  const terms = { ...retentionOf(settings), margin: seconds(settings.clockMarginSeconds), maxAge: seconds(settings.maxKeyAgeSeconds) };
  return { text: sent.text, judge: () => judgeKeyTime(sent.at, host.clock.now(), terms) };
}
