-- What can be claimed of each listing, and why it changed. Units of claims change only under the row's lock; whoever locks
-- several rows locks them in ascending (market, bucket, listing_id) in one statement.
create table capacity_levels (
  market text collate "C" not null,
  bucket integer not null,                       -- bucket_of(listing_id)
  listing_id text collate "C" not null,
  kind text collate "C" not null,                -- id of the kind
  side text collate "C" not null check (side in ('SUPPLY', 'DEMAND')),
  ordinal bigint not null,
  ordinal_epoch bigint not null,
  owner_party text collate "C" not null,         -- id of the party; empty: the market itself
  open boolean not null,                         -- the listing is ACTIVE
  unlimited boolean not null,
  catalog_units bigint not null,                 -- units by the listing; 0 when unlimited
  adjustment bigint not null default 0,          -- sum of AdjustCapacity; survives changes of the listing
  on_hand bigint not null,                       -- catalog_units + adjustment, but never below the claims; 0 when unlimited
  held bigint not null default 0,                -- units of holds that are HELD
  allocated bigint not null default 0,           -- units of allocations
  exclusive_group text collate "C" not null,     -- supply: the group each of whose values may have one unit; empty: none
  groups jsonb not null,                         -- demand: its value of each group of its kind
  listing_version bigint not null,
  version bigint not null,
  update_time timestamptz not null,
  primary key (market, bucket, listing_id),
  constraint capacity_never_oversold
    check (held >= 0 and allocated >= 0 and (unlimited or held + allocated <= on_hand))
) with (fillfactor = 80);
create index capacity_levels_by_id on capacity_levels (market, listing_id);
create index capacity_levels_by_ordinal on capacity_levels (market, kind, ordinal);

-- Units of one supply that one group value has, of supplies with an exclusive group. Guarded by the supply's row lock.
create table group_claims (
  market text collate "C" not null,
  bucket integer not null,                       -- of the supply
  supply text collate "C" not null,
  group_value text collate "C" not null,         -- `group=value`
  units bigint not null check (units = 1),
  primary key (market, bucket, supply, group_value)
);

create table capacity_changes (
  market text collate "C" not null,
  bucket integer not null,
  listing_id text collate "C" not null,
  version bigint not null,                       -- of the level after the change
  delta bigint not null,                         -- units on hand gained or lost
  on_hand bigint not null,                       -- after the change
  reason text not null,
  principal text not null,
  create_time timestamptz not null,
  primary key (market, bucket, listing_id, version)
);

call marketmesh.protect('capacity_levels', party_rule => 'owner_party = marketmesh.party()');
call marketmesh.protect('group_claims');
call marketmesh.protect('capacity_changes', party_rule => 'exists (select from capacity_levels l
  where l.market = capacity_changes.market and l.bucket = capacity_changes.bucket and l.listing_id = capacity_changes.listing_id
    and l.owner_party = marketmesh.party())');
