create table things (
  market text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  primary key (market, id)
);
call marketmesh.protect('things');

-- What a handler did, in order.
create table handled (
  market text collate "C" not null,
  place bigint generated always as identity,
  id text not null,
  version bigint not null,
  by text not null
);
call marketmesh.protect('handled');
