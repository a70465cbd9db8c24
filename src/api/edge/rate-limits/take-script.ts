import { defineScript } from '@redis/client';
import { type Taken, WINDOW_MS } from './sliding-window';

/**
 * SlidingWindow in Redis, by Redis' own clock: a hash of buckets, each `<count> <time of its last request>`
 * under its second. What lies in the future was counted before the clock was set back; nobody can say when it
 * would end.
 */
const SCRIPT = `
  local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local counted, live, mine = 0, {}, 0
  local stored = redis.call('HGETALL', KEYS[1])
  for i = 1, #stored, 2 do
    local count, last = string.match(stored[i + 1], '^(%d+) (%d+)$')
    count, last = tonumber(count), tonumber(last)
    if last + window <= now or last > now + 1000 then
      redis.call('HDEL', KEYS[1], stored[i])
    else
      counted = counted + count
      live[#live + 1] = { count = count, last = last }
      if stored[i] == time[1] then mine = count end
    end
  end
  table.sort(live, function(a, b) return a.last < b.last end)
  if counted >= limit then
    local left = counted
    for _, bucket in ipairs(live) do
      left = left - bucket.count
      if left < limit then return { 0, 0, bucket.last + window - now } end
    end
  end
  redis.call('HSET', KEYS[1], time[1], string.format('%d %.0f', mine + 1, now))
  redis.call('PEXPIRE', KEYS[1], window + 1000)
  local oldest = live[1] and live[1].last or now
  if #live == 1 and mine > 0 then oldest = now end
  return { 1, limit - counted - 1, oldest + window - now }`;

/** `take(key, limit)`, as RateLimitStore has it. */
export const TAKE = defineScript({
  NUMBER_OF_KEYS: 1,
  SCRIPT,
  parseCommand(parser, key: string, limit: number) {
    parser.pushKey(key);
    parser.push(String(limit), String(WINDOW_MS));
  },
  transformReply: ([allowed, remaining, resetMs]: [number, number, number]): Taken => ({
    allowed: allowed === 1,
    remaining,
    resetMs,
  }),
});
