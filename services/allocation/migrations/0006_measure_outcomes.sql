-- When allocation came to know the listing: what the time to fill is measured from. For rows that were there, now.
alter table capacity_levels add column create_time timestamptz not null default now();

-- How far each feed of this service is counted in the metrics. A row, so that one replica counts a fact, and once.
create table counted_feeds (
  feed text collate "C" primary key,
  feed_epoch bigint not null default 0,
  feed_seq bigint not null default 0
);
insert into counted_feeds (feed) values ('hold'), ('offer'), ('allocation');
call marketmesh.protect_from_app('counted_feeds');
