-- Facts on their way to the broker. Written in the transaction that makes them true; stamped, published and marked by
-- the one relay that leads; purged 7 days after they were published.
create table marketmesh.outbox (
  id bigint generated always as identity (cache 1) primary key, -- drawn after the aggregate's lock: ascends per aggregate
  market text collate "C" not null,
  bucket smallint not null,
  feed text collate "C" not null,
  aggregate_id text collate "C" not null,
  version bigint not null,
  fact_type text not null,             -- type url of the Any
  fact bytea not null,
  traceparent text not null,           -- empty when the call was not traced
  occur_time timestamptz not null default clock_timestamp(),
  feed_epoch bigint,                   -- null until stamped
  feed_seq bigint,                     -- dense per feed and epoch; null until stamped
  attempt integer not null default 0,  -- raised by a republish; part of the message id
  publish_time timestamptz,            -- null until the broker has it
  stream_seq bigint,                   -- where in the stream it is
  stream_identity text,                -- which life of the stream that sequence belongs to
  unique (feed, feed_epoch, feed_seq)
);
create index outbox_unstamped on marketmesh.outbox (id) where feed_seq is null;
create index outbox_unpublished on marketmesh.outbox (feed, feed_seq) where feed_seq is not null and publish_time is null;
-- No index on publish_time: each would be written again for every fact; the purge walks the ids, which ascend with it.

-- The counter of each feed. A row, so that purging cannot reset it.
create table marketmesh.feeds (
  feed text collate "C" primary key,
  epoch bigint not null default 1,
  last_seq bigint not null default 0
);

-- Who leads: each stamping or marking transaction locks the row and finds its own token in it, or stops.
create table marketmesh.relay_leader (
  only_one boolean primary key default true check (only_one),
  token bigint not null default 0
);
insert into marketmesh.relay_leader default values;

create table marketmesh.event_counters (
  name text collate "C" not null,
  slot smallint not null,              -- several rows per counter, so that processes don't wait for each other
  value bigint not null,
  primary key (name, slot)
);

call marketmesh.protect_from_app('marketmesh.outbox');
call marketmesh.protect_from_app('marketmesh.feeds');
call marketmesh.protect_from_app('marketmesh.relay_leader');
call marketmesh.protect_from_app('marketmesh.event_counters');

-- The app role may announce, for its own market, and read nothing back.
do $$ begin
  execute format('create policy app_announces on marketmesh.outbox for insert to %I with check '
    '(market = coalesce(marketmesh.market(), '''') or marketmesh.reach() = ''PLATFORM'')', marketmesh.app_role());
  execute format('grant insert on marketmesh.outbox to %I', marketmesh.app_role());
end $$;

-- The last position of a feed that the current snapshot contains: everything at or below it is visible in the
-- service's tables. An export runs it in its own REPEATABLE READ transaction. No row: nothing was stamped yet.
create function marketmesh.feed_position(feed_name text, out epoch bigint, out last_seq bigint)
language sql stable security definer set search_path = pg_catalog
begin atomic
  select f.epoch, f.last_seq from marketmesh.feeds f where f.feed = feed_name;
end;

-- Wakes the relay when this transaction commits, unless it is awake: a relay that sleeps holds the lock, so trying to
-- share it fails; one that is awake will look again before it can take the lock. NOTIFY serialises commits, so under
-- load it must not happen at all.
create function marketmesh.wake_relay() returns void language sql volatile as $$
  select pg_notify('marketmesh_outbox', '') where not pg_try_advisory_xact_lock_shared(1835884546);
$$;
