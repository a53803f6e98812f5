-- Every version of a plan; the row of `plans` is the current one.
create table plans (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,
  version bigint not null,
  content jsonb not null,                        -- what the caller set, defaults filled in
  active_round text collate "C" not null default '', -- the one round that is not yet COMMITTED; empty: none
  create_time timestamptz not null,
  update_time timestamptz not null,
  primary key (market, bucket, id)
);
create index plans_by_id on plans (market, id);

create table plan_versions (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,
  version bigint not null,
  content jsonb not null,
  create_time timestamptz not null,              -- of the plan
  update_time timestamptz not null,              -- of the version
  primary key (market, bucket, id, version)
);

-- The time of a market. No row: the database's clock. Whoever judges or makes holds of a sandbox market locks its row FOR
-- SHARE before anything else, so that an advance (FOR UPDATE) never runs beside them.
create table clocks (
  market text collate "C" not null,
  bucket integer not null,                       -- of the market
  mode text collate "C" not null check (mode in ('REAL', 'SANDBOX')),
  market_time timestamptz,                       -- of a sandbox; null: the database's
  version bigint not null,
  primary key (market, bucket),
  check ((mode = 'SANDBOX') = (market_time is not null))
);

call marketmesh.protect('plans');
call marketmesh.protect('plan_versions');
call marketmesh.protect('clocks', party_rule => 'true', write_rule => 'false');
