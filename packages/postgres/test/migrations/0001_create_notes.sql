create table notes (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  owner text not null,
  version bigint not null default 1,
  primary key (market, bucket, id)
);
call marketmesh.protect('notes', party_rule => $$ owner = marketmesh.party() $$);
