import { DEDUPE_WINDOW_MS } from '@rt/core';

/** How long a channel's head outlives the last entry that it has, when nobody appends to it or follows it: a day at least. */
export const HEAD_TTL_MS = 25 * 3_600_000;
/** How long that stands in for being told anew: less work for each append. */
export const RENEW_MS = 3_600_000;

/** Entries after which a channel of which more is kept is looked at for what is too old. */
const EXPIRE_EVERY = 1_000;

/** Lets go of the oldest batches of a stream that are as old as `oldest` (milliseconds) or older. */
export const DROP_EXPIRED = `
local function dropExpired(stream, oldest)
  -- Mostly there is nothing to do, which the first batch tells.
  local gone, count = nil, 1
  repeat
    gone = nil
    local batches = redis.call('XRANGE', stream, '-', '+', 'COUNT', count)
    local left = #batches
    for _, batch in ipairs(batches) do
      local at = tonumber(string.match(batch[2][2], '^1l %S+ %d+ %d+ %S+ (%d+)\\n')) or 0
      if at > oldest then break end
      gone = string.match(batch[1], '^%d+')
      left = left - 1
    end
    if gone then redis.call('XTRIM', stream, 'MINID', '=', string.format('%.0f', gone + 1)) end
    count = 20
  until left > 0 or not gone
end
`;

/**
 * Gives the entries of many channels their places, stores them and publishes them, in one step.
 *
 * KEYS, for each channel: head, stream, one key for each publish id.
 * ARGV: epoch for channels that have none; for each channel: size, ttl, number of segments;
 * for each segment: 1 if it has a publish id, number of entries, tag of the last one, their records.
 * Answers a text for each channel: "!reason", or "epoch offset", the place before its first new entry, and then, on a line of its own
 * for each publish id, nothing or the "epoch offset tag" where the entry is that had it before.
 *
 * What can fail comes before what was written could be half of the work: a key that someone else made something else of fails its
 * channel alone. At Redis' memory limit the first write of all fails.
 */
export const APPEND = `${DROP_EXPIRED}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local nowText = string.format('%.0f', now)
local call, pcall, match, format = redis.call, pcall, string.match, string.format

local append
function append(key, start, segments)
  local head, stream = KEYS[key + 1], KEYS[key + 2]
  local size, ttl = ARGV[start + 1], ARGV[start + 2]
  local epoch, offset, tag, headTtl, renewed = match(call('GET', head) or '', '^(%S+) (%d+) (%S+) (%d+) %d+ (%d+)$')
  if not epoch then
    epoch, offset, tag = ARGV[1], '0', '0'
    call('DEL', stream)
  end
  local answer, lastTag, count, records, kept, ids = epoch .. ' ' .. offset, tag, 0, nil, nil, nil
  local id, arg = key + 2, start + 3
  for _ = 1, segments do
    local known
    local hasId = ARGV[arg + 1] == '1'
    if hasId then
      id = id + 1
      known = match(call('GET', KEYS[id]) or '', '^%S+ %d+ %S+$')
      answer = answer .. '\\n' .. (known or '')
    end
    if not known then
      count, lastTag = count + ARGV[arg + 2], ARGV[arg + 3]
      -- Mostly there is one segment, and then its records need no table and no copy.
      if not records then
        records = ARGV[arg + 4]
      else
        kept = kept or { records }
        kept[#kept + 1] = ARGV[arg + 4]
      end
      if hasId then
        ids = ids or {}
        ids[#ids + 1] = KEYS[id]
        ids[#ids + 1] = format('%s %.0f %s', epoch, offset + count, lastTag)
      end
    end
    arg = arg + 4
  end
  if not records then return answer end
  if kept then records = table.concat(kept) end
  local last = offset + count
  local lastText = format('%.0f', last)
  local payload = '1l ' .. epoch .. ' ' .. offset .. ' ' .. count .. ' ' .. tag .. ' ' .. nowText .. '\\n' .. records
  -- Roughly, because that is cheaper, and what is too much is left out when it is read.
  local added = redis.pcall('XADD', stream, 'MINID', '~', format('%.0f', math.max(0, last - size + 1)),
    lastText .. '-' .. count, 'p', payload)
  if added.err then
    if not string.find(added.err, 'equal or smaller') then error(added) end
    -- Someone set the head back, which would end the channel for good: a new epoch.
    call('DEL', head)
    return append(key, start, segments)
  end
  call('PEXPIRE', stream, ttl)
  local text = epoch .. ' ' .. lastText .. ' ' .. lastTag .. ' ' .. ttl .. ' ' .. size .. ' '
  if headTtl == ttl and now - renewed < ${RENEW_MS} then
    call('SET', head, text .. renewed, 'KEEPTTL')
  else
    call('SET', head, text .. nowText, 'PX', format('%.0f', ttl + ${HEAD_TTL_MS}))
  end
  for index = 1, ids and #ids or 0, 2 do call('SET', ids[index], ids[index + 1], 'PX', ${DEDUPE_WINDOW_MS}) end
  call('SPUBLISH', stream, payload)
  -- Now and then, so that a channel whose size is large holds what its ttl allows, and no more.
  if tonumber(size) > ${EXPIRE_EVERY} and math.floor(offset / ${EXPIRE_EVERY}) ~= math.floor(last / ${EXPIRE_EVERY}) then
    dropExpired(stream, now - ttl)
  end
  return answer
end

local answers = {}
local key, arg = 0, 1
while arg < #ARGV do
  local segments = tonumber(ARGV[arg + 3])
  local done, answer = pcall(append, key, arg, segments)
  answers[#answers + 1] = done and answer or ('!' .. (type(answer) == 'table' and answer.err or tostring(answer)))
  key, arg = key + 2, arg + 3
  for _ = 1, segments do
    if ARGV[arg + 1] == '1' then key = key + 1 end
    arg = arg + 4
  end
end
return answers
`;
