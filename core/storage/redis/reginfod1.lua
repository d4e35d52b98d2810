#!lua name=reginfod1

-- The functions by which reginfods share a Redis. Nothing else writes to their keys.
--
-- Every call begins with the name of the cluster, which is the prefix of its keys. Most go on with
-- the id of the cluster: a Redis that was emptied, or has another cluster, is refused.
--
--   meta       hash    layout, shards, cluster (id), hash_seed, record_layout; loading, from
--                      begin_load to end_load
--   clock      hash    turn, last_beat, calm_until, stamp; times in microseconds since 1970
--   view       string  grows with each change of members or owners
--   node:NAME  hash    a living member; ends with its lease
--   nodes      hash    name -> "incarnation", or "incarnation time" if its lease ended then
--   own        hash    shard -> token "epoch.incarnation.name"; with an empty name it is released
--   a:S, d:S   hash    AOR -> record, dialog -> record; eight bytes of stamp stand before a record
--   u:S        set     what watchers may not have been told yet
--   t:S:G      hash    identity of a request -> reply, for times of G * 40 s and later
--   h:S        string  hand-off: the token it is for, a line feed, counters of the owner before
--   seq        hash    incarnation -> number and reply of its last group of commits
--   x:S        hash    local tag -> shard, of imported dialogs
--   v          channel "VIEW change...": "shard S TOKEN", "node NAME INCARNATION STATE EAR",
--                      "left NAME", "layout N"
--
-- Redis undoes nothing, so all checks of a call stand before its first write. A refusal is an error
-- reply with a first word that does not change:
--
--   WRONG_ARGUMENT  the call itself is wrong
--   WRONG_CLUSTER   this Redis has no cluster of that name, or another one
--   WRONG_LAYOUT    what is stored, or a member, needs another version of reginfod
--   WRONG_TURN      this Redis is older than what the caller has seen
--   REPLACED        a newer process has the name of the caller
--   FORGOTTEN       the caller is no member
--   NOT_READY       not now: somebody must beat, stop, or finish a load, first
--   NOT_EMPTY       there are records
--   FENCED          another token is in force
--   STALE           a later group of this incarnation is done
--   FAILED          Redis refused a command
--
-- Numbers of 64 bits travel as text: Lua has doubles, which are exact up to 2^53.

local REVISION = 3 -- grows with each change that the callers of earlier ones can use
local LAYOUT = '1'
local SHARDS = 256
local TURNS_BACK = 120 -- so many beats may be lost in a fail-over
local GENERATION = 40e6
local FORGET_AFTER = 3600e6

local STATES = {joining = true, active = true, draining = true}
local NODE_FIELDS = {'state', 'ear', 'bus', 'via', 'version', 'layouts', 'protocols'}

local function refuse(word, text) error({refusal = word .. ' ' .. text}) end

local function text_of(number) return string.format('%.0f', number) end

local function is_name(text) return #text <= 64 and text:find('^[%w._-]+$') ~= nil end

local function is_incarnation(text) return #text == 16 and text:find('^[0-9a-f]+$') ~= nil end

-- The arguments of a call, taken one by one.
local Arguments = {}
Arguments.__index = Arguments

function Arguments:text(what)
    local value = self.list[self.next]
    if not value then refuse('WRONG_ARGUMENT', what .. ' is missing') end
    self.next = self.next + 1
    return value
end

function Arguments:check(what, value, is_good)
    if not is_good then refuse('WRONG_ARGUMENT', what .. ': ' .. value:sub(1, 80)) end
    return value
end

function Arguments:number(what)
    local value = self:text(what)
    self:check(what, value, #value <= 15 and value:find('^%d+$'))
    return tonumber(value)
end

function Arguments:name(what)
    local value = self:text(what)
    return self:check(what, value, is_name(value))
end

function Arguments:incarnation(what)
    local value = self:text(what)
    return self:check(what, value, is_incarnation(value))
end

function Arguments:shard()
    local shard = self:number('shard')
    self:check('shard', text_of(shard), shard < SHARDS)
    return text_of(shard)
end

function Arguments:lease()
    local lease = self:number('lease in milliseconds')
    self:check('lease in milliseconds', text_of(lease), lease >= 10 and lease <= 3600000)
    return lease
end

function Arguments:layouts()
    local value = self:text('layouts')
    local least, most = value:match('^(%d%d?%d?)%-(%d%d?%d?)$')
    self:check('layouts', value, least and tonumber(least) <= tonumber(most))
    return {text = value, least = tonumber(least), most = tonumber(most)}
end

function Arguments:is_over() return self.list[self.next] == nil end

function Arguments:finish()
    if not self:is_over() then refuse('WRONG_ARGUMENT', 'more arguments than expected') end
end

-- Defines a function. `body` takes the arguments after the name of the cluster, and the prefix.
local function define(name, flags, body)
    redis.register_function{
        function_name = 'reginfod1_' .. name,
        flags = flags,
        callback = function(_, list)
            local done, result = pcall(function()
                local arguments = setmetatable({list = list, next = 1}, Arguments)
                return body(arguments, arguments:name('name of the cluster') .. ':')
            end)
            if done then return result end
            local refusal = type(result) == 'table' and (result.refusal or result.err)
            if refusal and result.refusal then return redis.error_reply(refusal) end
            return redis.error_reply('FAILED ' .. tostring(refusal or result))
        end,
    }
end

local function time_now()
    local time = redis.call('TIME')
    return tonumber(time[1]) * 1e6 + tonumber(time[2])
end

local function number_in(key, field) return tonumber(redis.call('HGET', key, field) or '0') end

-- The time for stamps: now, but never earlier than a stamp before.
local function stamp_at(p, now) return math.max(now, number_in(p .. 'clock', 'stamp')) end

local function check_cluster(p, id)
    local stored = redis.call('HGET', p .. 'meta', 'cluster')
    if stored == id then return end
    refuse('WRONG_CLUSTER', stored and 'here is cluster ' .. stored .. ', not ' .. id
        or 'this Redis has no cluster ' .. p:sub(1, -2))
end

-- Takes the id of the cluster, and compares it.
local function take_cluster(arguments, p)
    local id = arguments:text('id of the cluster')
    check_cluster(p, id)
end

local function parse_token(token)
    local epoch, incarnation, name = token:match('^(%d+)%.(%x+)%.(.*)$')
    return {epoch = tonumber(epoch), incarnation = incarnation, name = name}
end

local function make_token(epoch, incarnation, name)
    return text_of(epoch) .. '.' .. incarnation .. '.' .. name
end

local function raise_view(p, changes)
    local view = redis.call('INCR', p .. 'view')
    redis.call('PUBLISH', p .. 'v', text_of(view) .. ' ' .. table.concat(changes, ' '))
    return view
end

local function incarnation_of(p, name)
    local entry = redis.call('HGET', p .. 'nodes', name)
    return entry and entry:match('^%x+')
end

local function refuse_replaced(name, newest)
    refuse('REPLACED', 'a newer process has the name ' .. name .. ': ' .. newest)
end

local function check_member(p, name, incarnation)
    local newest = incarnation_of(p, name)
    if not newest then refuse('FORGOTTEN', name .. ' is no member; join as a new incarnation') end
    if newest ~= incarnation then refuse_replaced(name, newest) end
end

-- Whether this very process lives: its lease is not over.
local function lives(p, name, incarnation)
    return redis.call('HGET', p .. 'node:' .. name, 'incarnation') == incarnation
end

local function members_of(p)
    local members = {}
    local entries = redis.call('HGETALL', p .. 'nodes')
    for i = 1, #entries, 2 do
        local incarnation, since = entries[i + 1]:match('^(%x+) ?(%d*)$')
        local member = {name = entries[i], incarnation = incarnation, gone_since = tonumber(since)}
        member.lives = lives(p, member.name, incarnation)
        if member.lives then
            member.fields = redis.call('HMGET', p .. 'node:' .. member.name, unpack(NODE_FIELDS))
        end
        members[#members + 1] = member
    end
    return members
end

-- Adds who lives and who owns what to a reply.
local function add_map(p, reply, members)
    local nodes = {}
    for _, member in ipairs(members) do
        local node = {member.name, member.incarnation}
        for i = 1, #NODE_FIELDS do node[i + 2] = member.fields and member.fields[i] or '' end
        nodes[#nodes + 1] = node
    end
    reply[#reply + 1] = 'nodes'
    reply[#reply + 1] = nodes
    reply[#reply + 1] = 'own'
    reply[#reply + 1] = redis.call('HGETALL', p .. 'own')
end

-- The times, turn and view; with the stamp that a record would get now.
local function state_of(p, now)
    return {
        'now', now,
        'stamp', stamp_at(p, now),
        'turn', number_in(p .. 'clock', 'turn'),
        'calm_until', number_in(p .. 'clock', 'calm_until'),
        'view', tonumber(redis.call('GET', p .. 'view') or '0'),
        'record_layout', number_in(p .. 'meta', 'record_layout'),
    }
end

-- What a new cluster is made of. Returns the layouts of records that the caller reads, and `meta`.
local function take_founding(arguments)
    local proposed = arguments:text('id for a new cluster')
    arguments:check('id for a new cluster', proposed, #proposed >= 16 and is_name(proposed))
    local seed = arguments:incarnation('hash seed for a new cluster')
    local layouts = arguments:layouts()
    return layouts, {'layout', LAYOUT, 'shards', SHARDS, 'cluster', proposed, 'hash_seed', seed,
        'record_layout', layouts.most}
end

local function check_layout(layout, shards)
    if layout == LAYOUT and shards == tostring(SHARDS) then return end
    refuse('WRONG_LAYOUT', 'the keys have layout ' .. tostring(layout) .. ' and '
        .. tostring(shards) .. ' shards; this version of reginfod can use layout ' .. LAYOUT
        .. ' and ' .. SHARDS .. ' shards')
end

-- What a join or a load needs of `meta`. Returns what is to be written, if there is none.
local function take_meta(arguments, p)
    local expected = arguments:text('expected id of the cluster')
    local layouts, made = take_founding(arguments)
    local stored = redis.call('HMGET', p .. 'meta', 'cluster', 'layout', 'shards', 'record_layout')
    if expected ~= '' then check_cluster(p, expected) end
    if not stored[1] then return layouts, made end
    check_layout(stored[2], stored[3])
    local layout = tonumber(stored[4])
    if layout < layouts.least or layout > layouts.most then
        refuse('WRONG_LAYOUT', 'the records have layout ' .. stored[4]
            .. '; this version of reginfod reads ' .. layouts.text)
    end
    return layouts, nil
end

local function write_meta(p, made)
    if made then redis.call('HSET', p .. 'meta', unpack(made)) end
end

-- If nobody has beaten for half a lease, Redis was away, not a node. So for one lease all may
-- resume, and nobody claims from an owner whose lease is over. Returns until when; 0 if it is over.
local function calm_until(p, now, lease)
    local clock = redis.call('HMGET', p .. 'clock', 'last_beat', 'calm_until')
    local last, calm = tonumber(clock[1] or now), tonumber(clock[2] or '0')
    if now - last > lease * 500 then calm = now + lease * 1000 end
    -- A clock that was set back must not make it longer.
    calm = math.min(calm, now + lease * 1000)
    return calm > now and calm or 0
end

local function node_values(node)
    local values = {'incarnation', node.incarnation}
    for _, field in ipairs(NODE_FIELDS) do
        values[#values + 1] = field
        values[#values + 1] = node[field]
    end
    return values
end

local function write_node(p, node, lease)
    local key = p .. 'node:' .. node.name
    redis.call('HSET', key, unpack(node_values(node)))
    redis.call('PEXPIRE', key, text_of(lease))
end

local function node_change(node)
    return 'node ' .. node.name .. ' ' .. node.incarnation .. ' ' .. node.state .. ' ' .. node.ear
end

-- The arguments that describe a member. The layouts are taken before.
local function take_node(arguments, name, incarnation, layouts)
    local node = {name = name, incarnation = incarnation, layouts = layouts.text}
    node.state = arguments:text('state')
    arguments:check('state', node.state, STATES[node.state])
    node.ear = text_of(arguments:number('ear'))
    node.bus = arguments:text('run_id of the bus')
    node.via = arguments:text('Via address')
    node.version = arguments:text('version')
    node.protocols = arguments:text('protocols of the bus')
    return node
end

-- All that are left, as a set; nil if there are none.
local function take_incarnations(arguments)
    if arguments:is_over() then return nil end
    local set = {}
    while not arguments:is_over() do set[arguments:incarnation('incarnation before')] = true end
    return set
end

-- join NAME EXPECTED PROPOSED SEED LAYOUTS node incarnation lease state ear bus via version
-- protocols [incarnation...]. Makes the caller a member in place of another process of its name,
-- whose shards are then free, and the cluster if there is none. EXPECTED is empty if the caller has
-- seen no cluster. A process that joins again names the incarnations that it had: it does not replace
-- a newer process that lives.
define('join', {'allow-oom'}, function(arguments, p)
    local layouts, made = take_meta(arguments, p)
    local name = arguments:name('name of the node')
    local incarnation = arguments:incarnation('incarnation')
    local lease = arguments:lease()
    local node = take_node(arguments, name, incarnation, layouts)
    local own = take_incarnations(arguments)
    local before = incarnation_of(p, name)
    if own and before and before ~= incarnation and not own[before] and lives(p, name, before) then
        refuse_replaced(name, before)
    end
    if redis.call('HGET', p .. 'meta', 'loading') then
        refuse('NOT_READY', 'a dump is being loaded, or its load was cut short: then load it again')
    end

    write_meta(p, made)
    if before and before ~= incarnation then
        redis.call('HDEL', p .. 'seq', before)
        redis.call('DEL', p .. 'node:' .. name)
    end
    redis.call('HSET', p .. 'nodes', name, incarnation)
    write_node(p, node, lease)
    raise_view(p, {node_change(node)})
    local reply = state_of(p, time_now())
    reply[#reply + 1] = 'meta'
    reply[#reply + 1] = redis.call('HGETALL', p .. 'meta')
    add_map(p, reply, members_of(p))
    return reply
end)

local function owns_something(p, incarnation)
    local own = redis.call('HGETALL', p .. 'own')
    for i = 2, #own, 2 do
        local token = parse_token(own[i])
        if token.incarnation == incarnation and token.name ~= '' then return true end
    end
    return false
end

-- Notes who is gone since when, and forgets who has been gone for long and owns nothing.
local function note_gone(p, members, now, changes)
    local gone, kept = {}, {}
    for _, member in ipairs(members) do
        local is_forgotten = false
        if not member.lives then
            if not member.gone_since or member.gone_since > now then
                local entry = member.incarnation .. ' ' .. text_of(now)
                redis.call('HSET', p .. 'nodes', member.name, entry)
            elseif now - member.gone_since > FORGET_AFTER
                and not owns_something(p, member.incarnation) then
                is_forgotten = true
                redis.call('HDEL', p .. 'nodes', member.name)
                redis.call('HDEL', p .. 'seq', member.incarnation)
                changes[#changes + 1] = 'left ' .. member.name
            end
        elseif member.gone_since then
            redis.call('HSET', p .. 'nodes', member.name, member.incarnation)
        end
        if not is_forgotten then
            kept[#kept + 1] = member
            if not member.lives then gone[#gone + 1] = member.name end
        end
    end
    return kept, gone
end

-- The records are written in the newest layout that every member reads, once all of them live.
local function raise_record_layout(p, members, changes)
    local most = math.huge
    for _, member in ipairs(members) do
        if not member.lives then return end
        most = math.min(most, tonumber(member.fields[6]:match('%d+$')))
    end
    if most == math.huge or most <= number_in(p .. 'meta', 'record_layout') then return end
    redis.call('HSET', p .. 'meta', 'record_layout', text_of(most))
    changes[#changes + 1] = 'layout ' .. text_of(most)
end

-- beat NAME id LAYOUTS node incarnation lease state ear bus via version protocols view turn. Renews
-- the lease. VIEW and TURN are the last ones that the caller has seen; with another view the reply
-- has the whole map.
define('beat', {'allow-oom'}, function(arguments, p)
    take_cluster(arguments, p)
    local layouts = arguments:layouts()
    local name = arguments:name('name of the node')
    local incarnation = arguments:incarnation('incarnation')
    local lease = arguments:lease()
    local node = take_node(arguments, name, incarnation, layouts)
    local seen = arguments:number('view')
    local turn_seen = arguments:number('turn')
    arguments:finish()
    check_member(p, name, incarnation)
    local clock = p .. 'clock'
    local turn = number_in(clock, 'turn')
    if turn + TURNS_BACK < turn_seen then
        refuse('WRONG_TURN', 'this Redis is at turn ' .. text_of(turn) .. ', but turn '
            .. text_of(turn_seen) .. ' has been seen: it was filled from an old copy')
    end

    local now = time_now()
    local calm = calm_until(p, now, lease)
    redis.call('HSET', clock, 'turn', text_of(turn + 1), 'last_beat', text_of(now),
        'calm_until', text_of(calm), 'stamp', text_of(stamp_at(p, now)))
    local changes = {}
    local before = redis.call('HMGET', p .. 'node:' .. name, 'incarnation', 'state', 'ear', 'bus')
    if before[1] ~= incarnation or before[2] ~= node.state or before[3] ~= node.ear
        or before[4] ~= node.bus then
        changes[1] = node_change(node)
    end
    write_node(p, node, lease)
    local members, gone = note_gone(p, members_of(p), now, changes)
    raise_record_layout(p, members, changes)
    if #changes > 0 then raise_view(p, changes) end

    local reply = state_of(p, now)
    reply[#reply + 1] = 'gone'
    reply[#reply + 1] = gone
    if tonumber(redis.call('GET', p .. 'view')) ~= seen then add_map(p, reply, members) end
    return reply
end)

-- Whether `incarnation` may take a shard from the owner that the token names.
local function is_free(p, token, incarnation, is_calm)
    if token.name == '' or token.incarnation == incarnation then return true end
    -- Replaced by a newer process, or gone for good.
    if incarnation_of(p, token.name) ~= token.incarnation then return true end
    return not is_calm and not lives(p, token.name, token.incarnation)
end

-- claim NAME id node incarnation lease (shard epoch)... Takes the shards that are free. EPOCH is
-- the highest that the caller has seen. Replies (shard token before)... with an empty token where
-- it was refused.
define('claim', {'allow-oom'}, function(arguments, p)
    take_cluster(arguments, p)
    local name = arguments:name('name of the node')
    local incarnation = arguments:incarnation('incarnation')
    local lease = arguments:lease()
    local wanted = {}
    while not arguments:is_over() do
        local shard = arguments:shard()
        wanted[#wanted + 1] = {shard = shard, epoch = arguments:number('epoch')}
    end
    check_member(p, name, incarnation)
    if not lives(p, name, incarnation) then
        refuse('NOT_READY', 'the lease of ' .. name .. ' is over; beat first')
    end
    local now = time_now()
    local calm = calm_until(p, now, lease)
    redis.call('HSET', p .. 'clock', 'calm_until', text_of(calm))

    local reply, changes = {}, {}
    for _, claim in ipairs(wanted) do
        local before = redis.call('HGET', p .. 'own', claim.shard)
        local token = before and parse_token(before)
        local new = ''
        if not token or is_free(p, token, incarnation, calm > 0) then
            new = make_token(math.max(token and token.epoch or 0, claim.epoch) + 1, incarnation,
                name)
            redis.call('HSET', p .. 'own', claim.shard, new)
            changes[#changes + 1] = 'shard ' .. claim.shard .. ' ' .. new
        end
        reply[#reply + 1] = {tonumber(claim.shard), new, before or ''}
    end
    if #changes > 0 then raise_view(p, changes) end
    return reply
end)

-- A reply as `seq` keeps it: "=token", "!error" or the numbers of shards.
local function decode_reply(kept)
    if kept:sub(1, 1) == '=' then return kept:sub(2) end
    if kept:sub(1, 1) == '!' then return redis.error_reply(kept:sub(2)) end
    local fenced = {}
    for shard in kept:gmatch('%d+') do fenced[#fenced + 1] = tonumber(shard) end
    return fenced
end

-- The reply to this group, if it was executed before; nothing if it is new. Only the last reply is
-- kept: a process has one group under way, so nobody waits for an earlier one.
local function kept_reply(p, incarnation, seq)
    local entry = redis.call('HGET', p .. 'seq', incarnation)
    if not entry then return nil end
    local last, reply = entry:match('^(%d+) (.*)$')
    if seq > tonumber(last) then return nil end
    if seq < tonumber(last) then
        refuse('STALE', 'group ' .. text_of(seq) .. ', but group ' .. last .. ' is done')
    end
    return reply
end

local function keep_reply(p, incarnation, seq, reply)
    redis.call('HSET', p .. 'seq', incarnation, text_of(seq) .. ' ' .. reply)
end

-- A token that was sent, which must be of the sender.
local function take_token(arguments, incarnation)
    local text = arguments:text('token')
    local token = parse_token(text)
    arguments:check('token', text, token.incarnation == incarnation and token.name ~= '')
    token.text = text
    return token
end

-- Which tokens are not in force: by their places, and a list of their shards. A process that was
-- replaced writes nothing, even if nobody has claimed its shards yet: its numbers of groups are
-- forgotten.
local function find_fenced(p, shards, tokens)
    local is_fenced, fenced = {}, {}
    local own = redis.call('HMGET', p .. 'own', unpack(shards))
    local names = {}
    for place, token in ipairs(tokens) do
        local name, incarnation = token.name, token.incarnation
        if names[name] == nil then names[name] = incarnation_of(p, name) == incarnation end
        if own[place] ~= token.text or not names[name] then
            is_fenced[place] = true
            fenced[#fenced + 1] = shards[place]
        end
    end
    return is_fenced, fenced
end

-- handoff NAME id incarnation seq shard token to to_incarnation counters. Gives a shard to another
-- member, with COUNTERS for it unless they are empty. Replies the new token.
define('handoff', {}, function(arguments, p)
    take_cluster(arguments, p)
    local incarnation = arguments:incarnation('incarnation')
    local seq = arguments:number('seq')
    local shard = arguments:shard()
    local token = take_token(arguments, incarnation)
    local to = arguments:name('name of the receiver')
    local to_incarnation = arguments:incarnation('incarnation of the receiver')
    local counters = arguments:text('counters')
    arguments:finish()
    local kept = kept_reply(p, incarnation, seq)
    if kept then return decode_reply(kept) end
    if find_fenced(p, {shard}, {token})[1] then
        refuse('FENCED', 'shard ' .. shard .. ' is no longer under ' .. token.text)
    end

    local node = redis.call('HMGET', p .. 'node:' .. to, 'incarnation', 'state', 'ear')
    if to_incarnation == incarnation or node[1] ~= to_incarnation or node[2] ~= 'active'
        or node[3] == '0' then
        -- Kept: if this call comes again, late, the receiver may be ready, but the caller goes on.
        local refusal = 'NOT_READY ' .. to .. ' cannot take shard ' .. shard
        keep_reply(p, incarnation, seq, '!' .. refusal)
        return redis.error_reply(refusal)
    end
    local new = make_token(token.epoch + 1, to_incarnation, to)
    redis.call('HSET', p .. 'own', shard, new)
    if counters == '' then
        redis.call('DEL', p .. 'h:' .. shard)
    else
        redis.call('SET', p .. 'h:' .. shard, new .. '\n' .. counters)
    end
    keep_reply(p, incarnation, seq, '=' .. new)
    raise_view(p, {'shard ' .. shard .. ' ' .. new})
    return new
end)

-- How many arguments a write has, by its kind: "+a key value" writes, "-a key" removes. "-h" of an
-- opening commit, with an empty key, removes the hand-off.
local ARITY = {
    ['+a'] = 3, ['+d'] = 3, ['+t'] = 3, ['+u'] = 2,
    ['-a'] = 2, ['-d'] = 2, ['-t'] = 2, ['-u'] = 2, ['-h'] = 2,
    ['+x'] = 3, ['-x'] = 2,
}
local ADD, REMOVE = 43, 45 -- '+' and '-'

-- The generation of replies for a time. Its key ends by itself when the next one is over: then it
-- needs no write, also for a shard at rest.
local function reply_key(p, shard, now, is_writing)
    local generation = math.floor(now / GENERATION)
    local key = p .. 't:' .. shard .. ':' .. text_of(generation)
    if not is_writing then return key end
    if redis.call('EXISTS', key) == 1 then return key, nil end
    return key, math.ceil(((generation + 2) * GENERATION - now) / 1000)
end

local function remove_reply(p, shard, now, key)
    redis.call('HDEL', (reply_key(p, shard, now, false)), key)
    redis.call('HDEL', (reply_key(p, shard, now - GENERATION, false)), key)
end

local function put_reply(p, shard, now, key, value)
    local place, lasts = reply_key(p, shard, now, true)
    redis.call('HSET', place, key, value)
    if lasts then redis.call('PEXPIRE', place, text_of(lasts)) end
end

-- Writes that come to one shard: list[first] on, `count` of them. Returns the place after them.
local function apply(p, shard, times, list, first, count)
    local stamp = struct.pack('>I8', times.stamp)
    local i = first
    for _ = 1, count do
        local kind, key = list[i], list[i + 1]
        local sign, letter = kind:byte(1), kind:sub(2)
        if sign == REMOVE and (letter == 'a' or letter == 'd' or letter == 'x') then
            redis.call('HDEL', p .. letter .. ':' .. shard, key)
        elseif letter == 'a' or letter == 'd' then
            redis.call('HSET', p .. letter .. ':' .. shard, key, stamp .. list[i + 2])
        elseif letter == 't' then
            if sign == ADD then
                put_reply(p, shard, times.now, key, stamp .. list[i + 2])
            else
                remove_reply(p, shard, times.now, key)
            end
        elseif letter == 'u' then
            redis.call(sign == REMOVE and 'SREM' or 'SADD', p .. 'u:' .. shard, key)
        elseif letter == 'x' then
            redis.call('HSET', p .. 'x:' .. shard, key, list[i + 2])
        else
            redis.call('DEL', p .. 'h:' .. shard)
        end
        i = i + ARITY[kind]
    end
    return i
end

-- Checks the form of `count` writes without executing them.
local function skip_writes(arguments, count)
    local list, i = arguments.list, arguments.next
    for _ = 1, count do
        local arity = ARITY[list[i] or '']
        if not arity then refuse('WRONG_ARGUMENT', 'kind of a write: ' .. tostring(list[i])) end
        i = i + arity
    end
    if i - 1 > #list then refuse('WRONG_ARGUMENT', 'a write is cut short') end
    arguments.next = i
end

-- commit NAME id incarnation seq n (shard token)*n (place waited count write...)... A group of
-- commits: each names the place of its shard among the n, how many microseconds ago its records
-- were made, and its writes. The writes of shards whose token is no longer in force are left out.
-- Replies these shards.
define('commit', {}, function(arguments, p)
    take_cluster(arguments, p)
    local incarnation = arguments:incarnation('incarnation')
    local seq = arguments:number('seq')
    local shards, tokens = {}, {}
    local count = arguments:number('count of shards')
    if count == 0 or count > SHARDS then refuse('WRONG_ARGUMENT', 'count of shards') end
    for place = 1, count do
        shards[place] = arguments:shard()
        tokens[place] = take_token(arguments, incarnation)
    end
    local is_fenced, fenced = find_fenced(p, shards, tokens)
    local commits = {}
    while not arguments:is_over() do
        local commit = {place = arguments:number('place of a shard')}
        if not shards[commit.place] then refuse('WRONG_ARGUMENT', 'place of a shard') end
        commit.waited = arguments:number('waited')
        commit.count = arguments:number('count of writes')
        commit.first = arguments.next
        skip_writes(arguments, commit.count)
        commits[#commits + 1] = commit
    end
    local kept = kept_reply(p, incarnation, seq)
    if kept then return decode_reply(kept) end
    local reply = table.concat(fenced, ' ')
    -- A lost token never comes back, so nothing needs to be remembered.
    if #fenced == count then return decode_reply(reply) end

    local now = time_now()
    local stamp = stamp_at(p, now)
    redis.call('HSET', p .. 'clock', 'stamp', text_of(stamp))
    for _, commit in ipairs(commits) do
        if not is_fenced[commit.place] then
            local times = {now = now, stamp = math.max(0, stamp - commit.waited)}
            apply(p, shards[commit.place], times, arguments.list, commit.first, commit.count)
        end
    end
    keep_reply(p, incarnation, seq, reply)
    return decode_reply(reply)
end)

-- leave NAME id node incarnation. Releases what the caller owns; it is no member any more.
define('leave', {'allow-oom'}, function(arguments, p)
    take_cluster(arguments, p)
    local name = arguments:name('name of the node')
    local incarnation = arguments:incarnation('incarnation')
    arguments:finish()
    check_member(p, name, incarnation)

    local changes = {'left ' .. name}
    local own = redis.call('HGETALL', p .. 'own')
    for i = 1, #own, 2 do
        local token = parse_token(own[i + 1])
        if token.incarnation == incarnation and token.name ~= '' then
            local released = make_token(token.epoch, incarnation, '')
            redis.call('HSET', p .. 'own', own[i], released)
            changes[#changes + 1] = 'shard ' .. own[i] .. ' ' .. released
        end
    end
    redis.call('DEL', p .. 'node:' .. name)
    redis.call('HDEL', p .. 'nodes', name)
    redis.call('HDEL', p .. 'seq', incarnation)
    raise_view(p, changes)
    return redis.status_reply('OK')
end)

local function check_nobody_lives(p)
    for _, member in ipairs(members_of(p)) do
        if member.lives then
            refuse('NOT_READY', member.name .. ' lives; stop all nodes of the cluster first')
        end
    end
end

local function has_records(p)
    for shard = 0, SHARDS - 1 do
        local s = text_of(shard)
        if redis.call('EXISTS', p .. 'a:' .. s, p .. 'd:' .. s) > 0 then return true end
    end
    return false
end

-- Removes the cluster, but for the clock and the view, which never go back.
local function remove_cluster(p)
    local now = time_now()
    for shard = 0, SHARDS - 1 do
        local s = text_of(shard)
        redis.call('UNLINK', p .. 'a:' .. s, p .. 'd:' .. s, p .. 'u:' .. s, p .. 'h:' .. s,
            p .. 'x:' .. s, (reply_key(p, s, now, false)),
            (reply_key(p, s, now - GENERATION, false)))
    end
    redis.call('DEL', p .. 'meta', p .. 'nodes', p .. 'own', p .. 'seq')
end

-- begin_load NAME PROPOSED SEED LAYOUTS. Makes a cluster of its own id, so that nobody of before
-- writes to it, in the place of one that holds no records, or whose load was cut short. Nobody joins
-- it before end_load.
define('begin_load', {}, function(arguments, p)
    local _, meta = take_founding(arguments)
    arguments:finish()
    local stored = redis.call('HMGET', p .. 'meta', 'cluster', 'layout', 'shards', 'loading')
    if stored[1] then check_layout(stored[2], stored[3]) end
    check_nobody_lives(p)
    if not stored[4] and has_records(p) then
        refuse('NOT_EMPTY', 'the cluster ' .. p:sub(1, -2) .. ' holds records already')
    end
    remove_cluster(p)
    redis.call('HSET', p .. 'meta', 'loading', '1', unpack(meta))
    return redis.status_reply('OK')
end)

-- load NAME EXPECTED PROPOSED SEED LAYOUTS shard (age count write...)... Writes records of a shard
-- into a cluster of which no node lives, or that is made by this. AGE is how many microseconds ago
-- they were written. Whoever owned the shard is fenced. Replies OK.
define('load', {}, function(arguments, p)
    local _, made = take_meta(arguments, p)
    local shard = arguments:shard()
    local loads = {}
    while not arguments:is_over() do
        local load = {age = arguments:number('age'), count = arguments:number('count of writes')}
        load.first = arguments.next
        skip_writes(arguments, load.count)
        loads[#loads + 1] = load
    end
    check_nobody_lives(p)

    write_meta(p, made)
    local before = redis.call('HGET', p .. 'own', shard)
    local token = before and parse_token(before)
    if token and token.name ~= '' then
        local released = make_token(token.epoch + 1, token.incarnation, '')
        redis.call('HSET', p .. 'own', shard, released)
        raise_view(p, {'shard ' .. shard .. ' ' .. released})
    end
    local now = time_now()
    local stamp = stamp_at(p, now)
    redis.call('HSET', p .. 'clock', 'stamp', text_of(stamp))
    for _, load in ipairs(loads) do
        local times = {now = now, stamp = math.max(0, stamp - load.age)}
        apply(p, shard, times, arguments.list, load.first, load.count)
    end
    return redis.status_reply('OK')
end)

local function check_loading(p)
    if redis.call('HGET', p .. 'meta', 'loading') then return end
    refuse('WRONG_ARGUMENT', 'no load was begun')
end

-- end_load NAME id. All records are there.
define('end_load', {}, function(arguments, p)
    take_cluster(arguments, p)
    arguments:finish()
    check_loading(p)
    redis.call('HDEL', p .. 'meta', 'loading')
    return redis.status_reply('OK')
end)

-- abandon_load NAME id. They do not come: nothing is left of what was loaded.
define('abandon_load', {'allow-oom'}, function(arguments, p)
    take_cluster(arguments, p)
    arguments:finish()
    check_loading(p)
    remove_cluster(p)
    return redis.status_reply('OK')
end)

-- look NAME. Everything but the records, for people.
define('look', {'no-writes'}, function(arguments, p)
    arguments:finish()
    local reply = state_of(p, time_now())
    reply[#reply + 1] = 'meta'
    reply[#reply + 1] = redis.call('HGETALL', p .. 'meta')
    add_map(p, reply, members_of(p))
    return reply
end)

-- revision NAME. By which a node sees whether it has a newer library than this one.
define('revision', {'no-writes'}, function() return REVISION end)
