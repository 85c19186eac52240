import type { ClientHost } from './host';

/** In 4096ths of a millisecond, by fours: so each is exact until the year 2248. */
let last = 0;

/**
 * A UUID of version 7 (RFC 9562, section 5.7): it begins with the milliseconds
 * since the epoch, so that a server can tell how old a key is, and ends with
 * the variant and the 62 random bits of a UUID of version 4.
 *
 * Each of a process is greater than the one before. The bits between time and
 * randomness count within a millisecond (section 6.2, method 3), and run over
 * into the time, which also goes on where the clock stands still or goes back a
 * little. A clock that was set back by more than 98 seconds is followed: a
 * server refuses keys that are minutes ahead of its own.
 */
export const uuidV7 = (host: Pick<ClientHost, 'Date' | 'crypto'>): string => {
  const now = host.Date.now() * 4096;
  last = last < now || last - now > 4e8 ? now : last + 4;
  return last.toString(16).padStart(15, '0').replace(/(.{8})(....)/, '$1-$2-7') + host.crypto.randomUUID().slice(18);
};
