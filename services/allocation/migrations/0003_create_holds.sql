-- A hold, its offer and its allocation share their id. Hold rows are locked in ascending (market, bucket, id), before
-- capacity levels.
create table holds (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,
  demand text collate "C" not null,              -- listing id
  supply text collate "C" not null,              -- listing id
  units bigint not null check (units > 0),
  state text collate "C" not null check (state in ('HELD', 'CONFIRMED', 'RELEASED', 'EXPIRED')),
  group_value text collate "C",                  -- its claim in group_claims; null: the supply has no exclusive group
  demand_owner text collate "C" not null,
  supply_owner text collate "C" not null,
  score integer not null,                        -- how the demand saw the supply, millionths
  supply_score integer not null,                 -- how the supply saw the demand, millionths
  plan text collate "C" not null,                -- id; empty: a caller asked for the pair
  round text collate "C" not null,               -- id; empty: no round
  decision text collate "C" not null,            -- id; empty: no decision
  offered boolean not null,                      -- settled by its offer alone
  expire_time timestamptz not null,              -- by the market clock; a millisecond is the unit
  create_time timestamptz not null,              -- by the market clock
  settle_time timestamptz,                       -- by the market clock; null while HELD
  version bigint not null,
  primary key (market, bucket, id)
) with (fillfactor = 80);
create index holds_by_id on holds (market, id);
create index holds_by_demand on holds (market, demand, id);
create index holds_by_supply on holds (market, supply, id);
create index holds_due on holds (market, expire_time, id) where state = 'HELD';
create index holds_waiting on holds (market, round) where state = 'HELD' and offered; -- offers that are MADE

create table offers (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,                  -- of the hold
  demand text collate "C" not null,
  supply text collate "C" not null,
  units bigint not null,
  score integer not null,
  answering_party text collate "C" not null,     -- empty: the market's staff answers
  state text collate "C" not null check (state in ('MADE', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'RESCINDED')),
  plan text collate "C" not null,
  round text collate "C" not null,
  decision text collate "C" not null,
  expire_time timestamptz not null,
  create_time timestamptz not null,
  answer_time timestamptz,
  version bigint not null,
  primary key (market, bucket, id)
) with (fillfactor = 70);
-- No index knows the state: an answer then updates in place and touches none of them.
create index offers_by_id on offers (market, id);
create index offers_by_party on offers (market, answering_party, id);
create index offers_by_demand on offers (market, demand, id);
create index offers_by_round on offers (market, round, id);

create table allocations (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,                  -- of the hold
  demand text collate "C" not null,
  supply text collate "C" not null,
  units bigint not null,
  score integer not null,
  demand_owner text collate "C" not null,
  supply_owner text collate "C" not null,
  plan text collate "C" not null,
  decision text collate "C" not null,
  create_time timestamptz not null,
  primary key (market, bucket, id)
);
create index allocations_by_id on allocations (market, id);
create index allocations_by_demand on allocations (market, demand, id);
create index allocations_by_supply on allocations (market, supply, id);

call marketmesh.protect('holds');
call marketmesh.protect('offers', party_rule => 'answering_party = marketmesh.party()', write_rule => 'false');
call marketmesh.protect('allocations',
  party_rule => 'demand_owner = marketmesh.party() or supply_owner = marketmesh.party()', write_rule => 'false');
