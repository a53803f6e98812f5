-- Eligibility policies. Every party of a market may read them: a verdict's reasons quote them. Only callers who see the whole
-- market write them.
create table policies (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  demand_kind text collate "C" not null,   -- id, of the same market; never changes
  supply_kind text collate "C" not null,   -- id, of the same market; never changes
  version bigint not null,                 -- the current one, from 1
  create_time timestamptz not null,
  primary key (market, bucket, id)
);
create index policies_by_id on policies (market, id);
call marketmesh.protect('policies', party_rule => 'true', write_rule => 'false');

-- What a policy said at each version; never changed, so that a recorded verdict can be recomputed.
create table policy_versions (
  market text collate "C" not null,
  bucket smallint not null,                -- of the policy's id
  policy text collate "C" not null,
  version bigint not null,
  rules json not null,                     -- [{reason, expression, description}]
  demand_kind_version bigint not null,     -- of the kind that the rules were checked against
  supply_kind_version bigint not null,
  update_time timestamptz not null,
  primary key (market, bucket, policy, version),
  foreign key (market, bucket, policy) references policies
);
call marketmesh.protect('policy_versions', party_rule => 'true', write_rule => 'false', app_privileges => 'select, insert');
