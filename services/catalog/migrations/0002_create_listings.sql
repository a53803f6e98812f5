-- Listings as they stand. Personal attributes are not here (0003).
create table listings (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  kind text collate "C" not null,
  kind_version bigint not null,            -- the attributes were validated by it
  state text collate "C" not null check (state in ('DRAFT', 'ACTIVE', 'PAUSED', 'CLOSED')),
  owner text collate "C" not null,         -- party id; empty: the market itself
  audience text collate "C" not null check (audience in ('PUBLIC', 'PARTIES', 'PRIVATE')),
  audience_parties text[] not null,        -- party ids
  capacity_units bigint not null check (capacity_units between -1 and 1000000000), -- -1: unlimited
  exclusive_group text collate "C" not null, -- empty for none
  attributes json not null,                -- sorted keys, derived ones included
  groups json not null,
  version bigint not null,                 -- from 1, raised by 1
  ordinal bigint not null,
  ordinal_epoch bigint not null,
  content_hash bytea not null,             -- sha256; equal content is no change
  create_time timestamptz not null,
  update_time timestamptz not null,
  publish_time timestamptz,                -- when it first became ACTIVE
  primary key (market, bucket, id)
);
create index listings_by_id on listings (market, id);
create index listings_by_kind on listings (market, kind, id);
create index listings_by_owner on listings (market, owner, id) where owner <> '';
create unique index listings_by_ordinal on listings (market, kind, ordinal_epoch, ordinal);

-- Versions that were replaced, written by the statement that replaces them. Ordinal, owner and kind never change.
create table listing_revisions (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  version bigint not null,
  kind_version bigint not null,
  state text collate "C" not null,
  owner text collate "C" not null,
  audience text collate "C" not null,
  audience_parties text[] not null,
  capacity_units bigint not null,
  exclusive_group text collate "C" not null,
  attributes json not null,
  groups json not null,
  content_hash bytea not null,
  update_time timestamptz not null,
  publish_time timestamptz,
  primary key (market, bucket, id, version)
);

-- Who of a market sees what: the same rule as visibleTo in src/domain/listing.ts. An old version is shown to whom its own
-- audience let see it. A party writes only what it owns.
do $$
declare
  sees constant text := 'owner = marketmesh.party() or (publish_time is not null and (audience = ''PUBLIC'' '
    'or (audience = ''PARTIES'' and audience_parties @> array[marketmesh.party()])))';
  owns constant text := 'owner = marketmesh.party()';
begin
  call marketmesh.protect('listings', sees, owns, 'select, insert, update');
  call marketmesh.protect('listing_revisions', sees, owns, 'select, insert');
end $$;
