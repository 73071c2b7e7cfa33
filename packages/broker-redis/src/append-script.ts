import { DEDUPE_WINDOW_MS } from '@rt/core';
import { APART } from './payload.ts';

/** How long a channel's head outlives the last entry that it has, when nobody appends to it or follows it: a day at least. */
export const HEAD_TTL_MS = 25 * 3_600_000;
/**
 * How long that stands in for being told anew: less work for each append. The stream is told anew at the same times, and half of its ttl
 * apart at most: it lives for as much longer, and what is older than the ttl is left out when it is read.
 */
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
      local at = tonumber(string.match(batch[2][2], '^2l %S+ %d+ %d+ %S+ (%d+)\\n')) or 0
      if at > oldest then break end
      gone = string.match(batch[1], '^%d+')
      left = left - 1
    end
    if gone then redis.call('XTRIM', stream, 'MINID', '=', string.format('%d', gone + 1)) end
    count = 20
  until left > 0 or not gone
end
`;

/**
 * Gives the entries of many channels their places, stores them and publishes them, in one step.
 *
 * KEYS, for each channel: head, stream, one key for each publish id.
 * ARGV: epoch for channels that have none, size, ttl; for each channel: number of segments; for each segment: number of messages,
 * with a minus sign if it has a publish id, tag of the last one, their records. Where they are long, "2r " is before them: they are then
 * published apart, and behind them the head of their batch with the last tag.
 * Answers a text for each channel: "!reason", or "epoch offset", the place before its first new message, and then, on a line of its own
 * for each publish id, nothing or the "epoch offset tag" where the entry is that had it before.
 *
 * What can fail comes before what was written could be half of the work: a key that someone else made something else of fails its
 * channel alone. At Redis' memory limit the first write of all fails.
 */
export const APPEND = `${DROP_EXPIRED}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local nowText = string.format('%d', now)
local call, pcall, match, format = redis.call, pcall, string.match, string.format
local size, ttl = ARGV[2], ARGV[3]
local lowest = 1 - size
local renewMs = math.min(${RENEW_MS}, math.floor(ttl / 2))

-- Stores a batch. Answers nothing where there is no such stream and it must not be made.
local function store(stream, mayMake, floor, id, payload, records)
  if mayMake and records then
    return redis.pcall('XADD', stream, 'MINID', '~', floor, id, 'p', payload, 'r', records)
  elseif mayMake then
    return redis.pcall('XADD', stream, 'MINID', '~', floor, id, 'p', payload)
  elseif records then
    return redis.pcall('XADD', stream, 'NOMKSTREAM', 'MINID', '~', floor, id, 'p', payload, 'r', records)
  end
  return redis.pcall('XADD', stream, 'NOMKSTREAM', 'MINID', '~', floor, id, 'p', payload)
end

-- Of a channel whose entries have publish ids: how many messages are new, the last tag, their records, and the lines of the answer for the
-- ids. The keys and places of those that are to be remembered go into ids.
local function gather(id, arg, segments, epoch, offset, ids)
  local lines, count, lastTag, records = '', 0, nil, {}
  for segment = arg + 1, arg + 3 * segments, 3 do
    local known
    local entries = tonumber(ARGV[segment])
    if entries < 0 then
      id = id + 1
      known = match(call('GET', KEYS[id]) or '', '^%S+ %d+ %S+$')
      lines = lines .. '\\n' .. (known or '')
    end
    if not known then
      count, lastTag = count + math.abs(entries), ARGV[segment + 1]
      records[#records + 1] = ARGV[segment + 2]
      if entries < 0 then
        ids[#ids + 1] = KEYS[id]
        ids[#ids + 1] = format('%s %.0f %s', epoch, offset + count, lastTag)
      end
    end
  end
  return count, lastTag, table.concat(records), lines
end

local append
function append(key, arg, segments)
  local head, stream = KEYS[key + 1], KEYS[key + 2]
  local epoch, offset, tag, headTtl, renewed = match(call('GET', head) or '', '^(%S+) (%d+) (%S+) (%d+) %d+ (%d+)$')
  if not epoch then
    epoch, offset, tag = ARGV[1], '0', '0'
    call('DEL', stream)
  end
  local answer, ids = epoch .. ' ' .. offset, nil
  -- Mostly there is one segment without an id, whose records need no table and no copy.
  local count, lastTag, records = tonumber(ARGV[arg + 1]), ARGV[arg + 2], ARGV[arg + 3]
  if segments > 1 or count < 0 then
    local lines
    ids = {}
    count, lastTag, records, lines = gather(key + 2, arg, segments, epoch, offset, ids)
    answer = answer .. lines
    if count == 0 then return answer end
  end
  local last = offset + count
  local lastText = format('%d', last)
  local payload = '2l ' .. epoch .. ' ' .. offset .. ' ' .. count .. ' ' .. tag .. ' ' .. nowText .. '\\n'
  -- Long records are stored and published as they came: Lua goes over every byte of a text that it makes.
  local isApart = string.find(records, '^${APART}')
  if not isApart then payload = payload .. records end
  -- Roughly, because that is cheaper, and what is too much is left out when it is read.
  local floor = format('%d', math.max(0, last + lowest))
  local batchId = lastText .. '-' .. count
  local isDue = headTtl ~= ttl or now - renewed >= renewMs
  local added = store(stream, isDue, floor, batchId, payload, isApart and records)
  if not added then
    -- Someone took it away: the new one has to be told how long it lives.
    isDue = true
    added = store(stream, isDue, floor, batchId, payload, isApart and records)
  end
  if added.err then
    if not string.find(added.err, 'equal or smaller') then error(added) end
    -- Someone set the head back, which would end the channel for good: a new epoch.
    call('DEL', head)
    return append(key, arg, segments)
  end
  local text = epoch .. ' ' .. lastText .. ' ' .. lastTag .. ' ' .. ttl .. ' ' .. size .. ' '
  if isDue then
    call('PEXPIRE', stream, format('%d', ttl + renewMs))
    call('SET', head, text .. nowText, 'PX', format('%d', ttl + ${HEAD_TTL_MS}))
  else
    call('SET', head, text .. renewed, 'KEEPTTL')
  end
  for index = 1, ids and #ids or 0, 2 do call('SET', ids[index], ids[index + 1], 'PX', ${DEDUPE_WINDOW_MS}) end
  if isApart then
    call('SPUBLISH', stream, records)
    payload = payload .. lastTag
  end
  call('SPUBLISH', stream, payload)
  -- Now and then, so that a channel whose size is large holds what its ttl allows, and no more.
  if tonumber(size) > ${EXPIRE_EVERY} and math.floor(offset / ${EXPIRE_EVERY}) ~= math.floor(last / ${EXPIRE_EVERY}) then
    dropExpired(stream, now - ttl)
  end
  return answer
end

local answers = {}
local key, arg = 0, 4
while arg < #ARGV do
  local segments = tonumber(ARGV[arg])
  local done, answer = pcall(append, key, arg, segments)
  answers[#answers + 1] = done and answer or ('!' .. (type(answer) == 'table' and answer.err or tostring(answer)))
  key = key + 2
  for segment = arg + 1, arg + 3 * segments, 3 do
    if tonumber(ARGV[segment]) < 0 then key = key + 1 end
  end
  arg = arg + 1 + 3 * segments
end
return answers
`;
