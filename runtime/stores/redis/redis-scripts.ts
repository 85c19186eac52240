import { redisScript } from './redis-client';
import { ATTRIBUTES } from '../../../lib/contract';
import { RESPONSE_ATTRIBUTES } from '../dynamodb/dynamodb-item';

const field = (name: string): string => `'${name}'`;
const of = (name: string): string => `record[${field(name)}]`;

const { STATUS, TOKEN, ATTEMPT, CLAIMED_AT, FINGERPRINT, LEASE_END, EXPIRES_AT, VERSION } = ATTRIBUTES;

/**
 * Each script answers `{ '1', fields }` or `{ '0', fields }`: whether it applied,
 * and the hash as it was before. Lua's numbers are doubles, exact for every time
 * below 2^53; what is not a plain number compares as false, so that a record
 * somebody tampered with is never taken for free. All that can fail for want of
 * memory is written first: a refused write leaves the record as it was.
 */
const PRELUDE = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then return { '0', { ${field(VERSION)}, kind } } end
local fields = redis.call('HGETALL', KEYS[1])
local record = {}
for i = 1, #fields, 2 do record[fields[i]] = fields[i + 1] end
local function integer(text)
  if text and string.find(text, '^%d+$') then return tonumber(text) end
end
local function keep(milliseconds)
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', milliseconds))
end
`;

/** CLAIM. The times to compare with are the caller's; no lease end to compare with means no takeover. */
export const CLAIM = redisScript(`${PRELUDE}
local token, fingerprint, now, leaseEnd, expiresAt, version, expiredBefore, leaseEndedBefore, slack = unpack(ARGV)
local expires, lease = integer(${of(EXPIRES_AT)}), integer(${of(LEASE_END)})
local foreign = ${of(TOKEN)} ~= token
local free = #fields == 0
  or (expires and expires < tonumber(expiredBefore))
  or (foreign and ${of(STATUS)} == 'R')
  or (foreign and ${of(STATUS)} == 'P' and leaseEndedBefore ~= '' and lease and lease < tonumber(leaseEndedBefore)
    and ${of(FINGERPRINT)} == fingerprint)
if not free then return { '0', fields } end
local attempt = string.format('%.0f', (integer(${of(ATTEMPT)}) or 0) + 1)
redis.call('HSET', KEYS[1], ${field(STATUS)}, 'P', ${field(TOKEN)}, token, ${field(ATTEMPT)}, attempt, ${field(FINGERPRINT)}, fingerprint,
  ${field(CLAIMED_AT)}, now, ${field(LEASE_END)}, leaseEnd, ${field(EXPIRES_AT)}, expiresAt, ${field(VERSION)}, version)
redis.call('HDEL', KEYS[1], ${RESPONSE_ATTRIBUTES.map(field).join(', ')})
keep(tonumber(expiresAt) * 1000 - tonumber(now) + tonumber(slack))
return { '1', fields }
`);

const HELD = `
if ${of(STATUS)} ~= 'P' or ${of(TOKEN)} ~= ARGV[1] then return { '0', fields } end
`;

/** COMPLETE: token, expiry, slack, then the response's fields. */
export const COMPLETE = redisScript(`${PRELUDE}${HELD}
redis.call('HSET', KEYS[1], ${field(STATUS)}, 'C', ${field(EXPIRES_AT)}, ARGV[2], unpack(ARGV, 4))
redis.call('HDEL', KEYS[1], ${field(LEASE_END)})
local claimedAt = integer(${of(CLAIMED_AT)})
if claimedAt then keep(tonumber(ARGV[2]) * 1000 - claimedAt + tonumber(ARGV[3])) end
return { '1', fields }
`);

/** RELEASE: token. */
export const RELEASE = redisScript(`${PRELUDE}${HELD}
redis.call('HSET', KEYS[1], ${field(STATUS)}, 'R')
redis.call('HDEL', KEYS[1], ${field(LEASE_END)})
return { '1', fields }
`);

/** A script as well: clients that spread reads over replicas send scripts to the primary. */
export const READ = redisScript(`${PRELUDE}
return { '1', fields }
`);
