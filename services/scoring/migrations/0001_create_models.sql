-- Scoring models. Every party of a market may read them; only callers who see the whole market write them.
create table models (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  perspective text collate "C" not null check (perspective in ('DEMAND', 'SUPPLY')), -- whose view; never changes
  demand_kind text collate "C" not null,   -- id, of the same market; never changes
  supply_kind text collate "C" not null,   -- id, of the same market; never changes
  version bigint not null,                 -- the current one, from 1
  create_time timestamptz not null,
  primary key (market, bucket, id)
);
create index models_by_id on models (market, id);
call marketmesh.protect('models', party_rule => 'true', write_rule => 'false');

-- What a model said at each version; never changed, so that a recorded score can be recomputed.
create table model_versions (
  market text collate "C" not null,
  bucket smallint not null,                -- of the model's id
  model text collate "C" not null,
  version bigint not null,
  features json not null,                  -- as domain/model.ts has them
  demand_kind_version bigint not null,     -- of the kind that the features were checked against
  supply_kind_version bigint not null,
  update_time timestamptz not null,
  primary key (market, bucket, model, version),
  foreign key (market, bucket, model) references models
);
call marketmesh.protect('model_versions', party_rule => 'true', write_rule => 'false', app_privileges => 'select, insert');
