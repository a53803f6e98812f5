-- Uploads of many listings. The row moves on in the transaction that stores a chunk, so a resumed stream knows where to go on.
create table imports (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  kind text collate "C" not null,
  publish boolean not null,
  party text collate "C" not null,         -- whose import it is; empty: the market's
  state text collate "C" not null check (state in ('OPEN', 'COMPLETE')),
  acknowledged_row bigint not null,
  created_count bigint not null,
  updated_count bigint not null,
  unchanged_count bigint not null,
  refused_count bigint not null,
  last_event_id bigint,                    -- the outbox id of the last fact; null while nothing was written
  create_time timestamptz not null,
  update_time timestamptz not null,
  primary key (market, bucket, id)
);
call marketmesh.protect('imports', 'party = marketmesh.party()', app_privileges => 'select, insert, update');

-- The first 1,000 refused rows of each import. Descriptions hold no values.
create table import_errors (
  market text collate "C" not null,
  bucket smallint not null,                -- of the import
  import text collate "C" not null,
  row_number bigint not null,              -- from 1
  party text collate "C" not null,
  listing_id text collate "C" not null,    -- as given, cut to 64 characters
  field text collate "C" not null,
  reason text collate "C" not null,
  description text collate "C" not null,
  primary key (market, bucket, import, row_number)
);
call marketmesh.protect('import_errors', 'party = marketmesh.party()', app_privileges => 'select, insert');
