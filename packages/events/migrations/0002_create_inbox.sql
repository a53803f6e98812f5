-- What the work subscriptions of this service have recorded; longer-lived than any outbox row.
create table marketmesh.inbox (
  subscription text collate "C" not null,
  service text collate "C" not null,     -- who announced
  feed_epoch bigint not null,
  event_id bigint not null,
  feed text collate "C" not null,
  feed_seq bigint not null,
  outcome text not null check (outcome in ('handled', 'stale', 'parked', 'dead')),
  record_time timestamptz not null default now(),
  primary key (subscription, service, feed_epoch, event_id)
);
create index inbox_by_time on marketmesh.inbox (record_time);
create index inbox_by_feed on marketmesh.inbox (subscription, feed, feed_epoch, feed_seq);

-- Events of ordered subscriptions that came before their predecessor.
create table marketmesh.parked_events (
  subscription text collate "C" not null,
  service text collate "C" not null,
  feed_epoch bigint not null,
  event_id bigint not null,
  feed text collate "C" not null,
  market text collate "C" not null,
  aggregate_id text collate "C" not null,
  version bigint not null,
  envelope bytea not null,
  park_time timestamptz not null default now(),
  primary key (subscription, service, feed_epoch, event_id)
);
create index parked_events_by_version on marketmesh.parked_events
  (subscription, service, feed, market, aggregate_id, version);

-- The last version of each aggregate that an ordered subscription has handled.
create table marketmesh.handled_versions (
  subscription text collate "C" not null,
  service text collate "C" not null,
  feed text collate "C" not null,
  market text collate "C" not null,
  aggregate_id text collate "C" not null,
  version bigint not null,
  primary key (subscription, service, feed, market, aggregate_id)
);

-- Attempts of events that fail; gone when they are handled or dead.
create table marketmesh.failing_events (
  subscription text collate "C" not null,
  service text collate "C" not null,
  feed_epoch bigint not null,
  event_id bigint not null,
  attempts integer not null,
  primary key (subscription, service, feed_epoch, event_id)
);

create table marketmesh.dead_letters (
  id bigint generated always as identity primary key,
  subscription text collate "C" not null,
  service text collate "C" not null,
  feed_epoch bigint not null,
  event_id bigint not null,
  envelope bytea not null,
  error text not null,                   -- at most 1,000 characters
  attempts integer not null,
  state text not null default 'DEAD' check (state in ('DEAD', 'REPLAYING', 'HANDLED')),
  create_time timestamptz not null default now(),
  unique (subscription, service, feed_epoch, event_id)
);
create index dead_letters_to_replay on marketmesh.dead_letters (subscription) where state = 'REPLAYING';

call marketmesh.protect_from_app('marketmesh.inbox');
call marketmesh.protect_from_app('marketmesh.parked_events');
call marketmesh.protect_from_app('marketmesh.handled_versions');
call marketmesh.protect_from_app('marketmesh.failing_events');
call marketmesh.protect_from_app('marketmesh.dead_letters');
