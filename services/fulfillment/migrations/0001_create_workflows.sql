-- Every version of a workflow; the row of `workflows` says which is current, and what its facts are looked at for.
create table workflows (
  market text collate "C" not null,
  bucket integer not null,                       -- bucket_of(id)
  id text collate "C" not null,                  -- `document.name`
  version bigint not null,                       -- raised by each change; every version has its row in workflow_versions
  state text collate "C" not null check (state in ('ACTIVE', 'RETIRED')),
  source text not null,
  trigger_types text[] not null,                 -- facts that start a run, by message name
  called_methods text[] not null,
  stages text[] not null,                        -- the tasks at the top level, in order
  listened_types text[] not null,                -- of this version
  heard_types text[] not null,                   -- of all versions, for runs keep theirs
  create_time timestamptz not null,              -- by the server's clock
  update_time timestamptz not null,
  primary key (market, bucket, id)
);
create index workflows_by_id on workflows (market, id);

create table workflow_versions (
  market text collate "C" not null,
  bucket integer not null,
  id text collate "C" not null,
  version bigint not null,
  state text collate "C" not null,
  source text not null,
  trigger_types text[] not null,
  called_methods text[] not null,
  stages text[] not null,
  create_time timestamptz not null,              -- of the workflow
  update_time timestamptz not null,              -- of the version
  primary key (market, bucket, id, version)
);

-- What is known of a market's time, which allocation owns. Runs of a sandbox market are woken by its clock feed, those of a real
-- one by jobs.
create table market_clocks (
  market text collate "C" not null,
  bucket integer not null,                       -- of the market
  mode text collate "C" not null check (mode in ('REAL', 'SANDBOX')),
  version bigint not null,                       -- of allocation's clock; 0: it has none, which means REAL until it has one
  clock_time timestamptz,                        -- of a sandbox: the latest that has come here; null: REAL
  woken_time timestamptz,                        -- by which everything due was woken; null: REAL
  ask_time timestamptz not null,                 -- when allocation was last asked, by the database's clock
  primary key (market, bucket)
);

call marketmesh.protect('workflows');
call marketmesh.protect('workflow_versions');
call marketmesh.protect('market_clocks', party_rule => 'true', write_rule => 'true', app_privileges => 'select, insert, update');
