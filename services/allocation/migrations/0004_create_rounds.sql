-- A round is a leased row: whoever holds the lease moves it on, under the row's lock.
create table rounds (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,
  plan text collate "C" not null,
  plan_version bigint not null,
  state text collate "C" not null
    check (state in ('PENDING', 'SOLVING', 'SOLVED', 'COMMITTED', 'SETTLED', 'FAILED')),
  revisions text[] not null,                     -- listings that the round must reflect
  decision_time timestamptz,                     -- the market clock at the snapshot; null while PENDING
  policy_version bigint not null default 0,
  demand_model_version bigint not null default 0,
  supply_model_version bigint not null default 0,
  statistics_version bigint not null default 0,
  demand_count bigint not null default 0,
  open_units bigint not null default 0,
  demands_ranked bigint not null default 0,
  eligible_pairs bigint not null default 0,
  edge_count bigint not null default 0,
  unknown_supplies bigint not null default 0,    -- ranked, but without a capacity level at the snapshot
  pairs_count bigint not null default 0,         -- solved
  pairs_committed bigint not null default 0,     -- handled: held or lost
  hold_count bigint not null default 0,
  held_units bigint not null default 0,
  phases jsonb not null default '{}',            -- phase to milliseconds
  decide_ms double precision,                    -- from the request until the last hold was committed
  failure text not null default '',
  attempts integer not null default 0,           -- failed ones since the last step that succeeded
  lease_owner text not null default '',
  lease_expire_time timestamptz not null default '-infinity', -- by the database's clock
  version bigint not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  primary key (market, bucket, id)
);
create index rounds_by_time on rounds (market, create_time desc, id desc);
create index rounds_to_do on rounds (lease_expire_time) where state in ('PENDING', 'SOLVING', 'SOLVED');
create index rounds_to_settle on rounds (market, id) where state = 'COMMITTED';

-- Capacity as the round saw it: one gzipped text of lines per side.
create table round_snapshots (
  market text collate "C" not null,
  bucket integer not null,                       -- of the round
  round text collate "C" not null,
  side text collate "C" not null check (side in ('SUPPLY', 'DEMAND')),
  content bytea not null,
  primary key (market, bucket, round, side)
);

-- The solved assignment, in the order in which holds are taken.
create table round_pairs (
  market text collate "C" not null,
  bucket integer not null,                       -- of the round
  round text collate "C" not null,
  position integer not null,                     -- from 0
  demand text collate "C" not null,
  supply text collate "C" not null,
  units bigint not null,
  demand_score integer not null,
  supply_score integer not null,
  decision text collate "C" not null,
  lost_because text collate "C",                 -- why no hold was taken; null: not yet handled, or held
  primary key (market, bucket, round, position)
);

create table decisions (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,                  -- UUIDv7
  demand text collate "C" not null,
  plan text collate "C" not null,
  round text collate "C" not null,               -- empty: allocate-now
  plan_version bigint not null,
  policy_version bigint not null,
  demand_model_version bigint not null,
  supply_model_version bigint not null,
  statistics_version bigint not null,
  demand_version bigint not null,
  feed_seq bigint not null,
  decision_time timestamptz not null,
  funnel bytea,                                  -- marketmesh.eligibility.v1.Funnel
  open_units bigint not null,
  result text collate "C" not null
    check (result in ('HELD', 'PARTLY_HELD', 'NOBODY_ELIGIBLE', 'EXHAUSTED', 'OUTRANKED', 'NOT_OPEN')),
  duration_ms double precision,                  -- null: of a round, which knows it
  create_time timestamptz not null,
  primary key (market, bucket, id)
);
create index decisions_by_id on decisions (market, id);
create index decisions_by_demand on decisions (market, demand, id);
create index decisions_by_round on decisions (market, round, id);

call marketmesh.protect('rounds');
call marketmesh.protect('round_snapshots');
call marketmesh.protect('round_pairs');
call marketmesh.protect('decisions');
