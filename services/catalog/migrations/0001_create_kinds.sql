-- Types of listings. Every party of a market reads its kinds; only callers who see the whole market write them.
create table kinds (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  side text collate "C" not null check (side in ('SUPPLY', 'DEMAND')),
  schema json not null,                    -- JSON Schema 2020-12
  derived_attributes json not null,        -- [{attribute, expression}]
  groups json not null,                    -- [{group, attribute}]
  version bigint not null,                 -- from 1
  create_time timestamptz not null,
  update_time timestamptz not null,
  primary key (market, bucket, id)
);
create index kinds_by_id on kinds (market, id);
call marketmesh.protect('kinds', party_rule => 'true', write_rule => 'false');

-- The next number that a listing of the kind may get. Blocks are leased in short transactions of the background role;
-- a number is given once per epoch, so a block that was leased and not used up leaves a gap.
create table ordinal_blocks (
  market text collate "C" not null,
  bucket smallint not null,                -- of the kind's id
  kind text collate "C" not null,
  epoch bigint not null default 1,
  next bigint not null check (next between 0 and 4294967296),
  primary key (market, bucket, kind)
);
call marketmesh.protect_from_app('ordinal_blocks');
