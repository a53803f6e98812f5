-- Units of a listing by place: a location, a time slot, or a slot at a location. What the pools of a listing leave of its level is
-- at the default location, which has no row: a listing without places has none at all. Guarded by the level's row lock.
create table capacity_pools (
  market text collate "C" not null,
  bucket integer not null,                       -- bucket_of(listing_id)
  listing_id text collate "C" not null,
  location text collate "C" not null,            -- empty: the default one
  slot text collate "C" not null,                -- empty: not a slot
  start_time timestamptz,                        -- of the slot, by the market clock
  end_time timestamptz,
  on_hand bigint not null,
  held bigint not null default 0,
  allocated bigint not null default 0,
  primary key (market, bucket, listing_id, location, slot),
  check (location <> '' or slot <> ''),
  check ((slot = '') = (start_time is null) and (slot = '') = (end_time is null)),
  check (start_time < end_time),
  constraint pool_never_oversold check (held >= 0 and allocated >= 0 and held + allocated <= on_hand)
) with (fillfactor = 80);

-- The sums of a listing's pools stand in its level, so that one row says what is left at the default location.
alter table capacity_levels
  add column embargo_until timestamptz,          -- no claims before this, by the market clock; null: none
  add column pool_count integer not null default 0,
  add column pooled_on_hand bigint not null default 0,
  add column pooled_held bigint not null default 0,
  add column pooled_allocated bigint not null default 0;
alter table capacity_levels add constraint capacity_places_never_oversold check (
  pool_count >= 0 and pooled_held between 0 and held and pooled_allocated between 0 and allocated
  and pooled_held + pooled_allocated <= pooled_on_hand
  and (unlimited or held + allocated - pooled_held - pooled_allocated <= on_hand - pooled_on_hand)) not valid;
alter table capacity_levels validate constraint capacity_places_never_oversold;

alter table capacity_changes
  add column kind text collate "C",              -- what was done; null: by 0.3.0, which did CATALOG and ADJUST alone
  add column moves jsonb;                        -- what each place gained or lost; null: all at the default location

-- Columns of holds that are at a place or part of a bundle; null in all others.
alter table holds
  add column location text collate "C",
  add column slot text collate "C",
  add column bundle text collate "C",
  add column settled_whole boolean not null default false, -- settled by who knows these columns
  add column demand_units bigint check (demand_units >= 0); -- null: as many as of the supply

-- 0.3.0 knows neither places nor bundles: it cannot settle what it would settle by halves.
alter table holds add constraint holds_settled_whole
  check (state = 'HELD' or settled_whole or (slot is null and bundle is null and demand_units is null)) not valid;
alter table holds validate constraint holds_settled_whole;

-- Holds that are taken, confirmed and let go together.
create table bundles (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,
  holds jsonb not null,                          -- their ids, in the order of the components
  primary key (market, bucket, id)
);

call marketmesh.protect('capacity_pools', party_rule => 'exists (select from capacity_levels l
  where l.market = capacity_pools.market and l.bucket = capacity_pools.bucket and l.listing_id = capacity_pools.listing_id
    and l.owner_party = marketmesh.party())');
call marketmesh.protect('bundles');
