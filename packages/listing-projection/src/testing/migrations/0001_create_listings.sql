-- What the stand-in for the catalog serves: messages as they are, every version kept.
create table kinds (
  name text collate "C" primary key,
  ordinal_epoch bigint not null,
  kind bytea not null                      -- Kind, protobuf binary
);
call marketmesh.protect_from_app('kinds');

create table listings (
  name text collate "C" not null,
  kind text collate "C" not null,
  version bigint not null,
  ordinal bigint not null,
  listing bytea not null,                  -- Listing, protobuf binary
  primary key (name, version)
);
call marketmesh.protect_from_app('listings');
