import { DROP_EXPIRED, HEAD_TTL_MS } from './append-script.ts';
import { APART } from './payload.ts';

/** What one read asks for. `head`: nothing but the head, which lives on for a day. */
export type ReadMode = 'after' | 'before' | 'newest' | 'head';

/** Bytes after which a read that goes forward stops: whoever wants more asks again. */
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Reads a channel's head and the batches that one page needs, in one step. A channel without a head gets one: a new epoch.
 *
 * KEYS: head, stream. ARGV: epoch for a channel that has none, mode, the page's epoch and offset, limit.
 * Answers the head ("epoch offset tag ttl size renewed"), the time in milliseconds and the batches: rising for "after", else in no order.
 */
export const READ = `${DROP_EXPIRED}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = redis.call('GET', KEYS[1]) or ''
local epoch, offset, _, ttl, size = string.match(text, '^(%S+) (%d+) (%S+) (%d+) (%d+) %d+$')
if not epoch then
  text = string.format('%s 0 0 0 0 %.0f', ARGV[1], now)
  redis.call('SET', KEYS[1], text, 'PX', ${HEAD_TTL_MS})
  redis.call('DEL', KEYS[2])
end
local answer = { text, string.format('%.0f', now) }
local mode, place, limit = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5])
if not epoch then return answer end
if mode == 'head' then
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl + ${HEAD_TTL_MS}))
  return answer
end
offset = tonumber(offset)
local floor = math.max(1, offset - size + 1)
local oldest = now - ttl
local hasExpired

local function add(batch)
  -- Long records are a field of their own, as they were published.
  answer[#answer + 1] = batch[2][2] .. string.sub(batch[2][4] or '', ${APART.length + 1})
  local at = tonumber(string.match(batch[2][2], '^2l %S+ %d+ %d+ %S+ (%d+)\\n')) or 0
  if at <= oldest then hasExpired = true end
  local last, count = string.match(batch[1], '^(%d+)-(%d+)$')
  return tonumber(last), tonumber(count)
end

local function forward(from, wanted)
  local next, found, bytes = string.format('%.0f-0', from), 0, 0
  repeat
    local batches = redis.call('XRANGE', KEYS[2], next, '+', 'COUNT', 10)
    for _, batch in ipairs(batches) do
      local last, count = add(batch)
      found = found + last - math.max(from, last - count + 1) + 1
      bytes = bytes + #answer[#answer]
      next = '(' .. batch[1]
      if found >= wanted or bytes > ${PAGE_BYTES} then return end
    end
  until #batches < 10
end

local function backward(upTo)
  -- Nothing older is kept: the oldest batch tells where that begins.
  if upTo < floor then return forward(floor, 1) end
  local found, lowest = 0, string.format('%.0f-0', floor)
  local around = redis.call('XRANGE', KEYS[2], string.format('%.0f-0', upTo), '+', 'COUNT', 1)
  if around[1] then
    local last, count = add(around[1])
    found = math.max(0, upTo - math.max(last - count + 1, floor) + 1)
  end
  local next = string.format('(%.0f-0', upTo)
  while found < limit do
    local batches = redis.call('XREVRANGE', KEYS[2], next, lowest, 'COUNT', 10)
    for _, batch in ipairs(batches) do
      local _, count = add(batch)
      found = found + count
      next = '(' .. batch[1]
      if found >= limit then return end
    end
    if #batches < 10 then break end
  end
  if found == 0 then forward(floor, 1) end
end

local function collect()
  hasExpired = false
  while #answer > 2 do answer[#answer] = nil end
  if mode == 'newest' then return backward(offset) end
  if mode == 'before' then return backward(math.min(place - 1, offset)) end
  if ARGV[3] ~= epoch then return forward(floor, limit) end
  if place < offset then return forward(math.max(place + 1, floor), limit) end
end

collect()
if hasExpired then
  dropExpired(KEYS[2], oldest)
  collect()
end
return answer
`;
