-- Named so that a shelf's goods come before the shelves they refer to.
create table shelves (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(id)) stored,
  id text collate "C" not null,
  note text not null,
  content json not null,
  sealed bytea,
  tags text[] not null,
  create_time timestamptz not null default now(),
  primary key (market, id)
);
call marketmesh.protect('shelves');

create table goods (
  market text collate "C" not null,
  place bigint generated always as identity primary key,
  shelf text collate "C" not null,
  foreign key (market, shelf) references shelves
);
call marketmesh.protect('goods');
