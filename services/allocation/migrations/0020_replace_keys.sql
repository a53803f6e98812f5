-- See 0019. Nothing is built or read here: what waits for these locks, and what they wait for, is soon through.
set local lock_timeout = '900ms';
alter table decisions drop constraint decisions_pkey, add constraint decisions_pkey primary key using index decisions_key;
alter table holds drop constraint holds_pkey, add constraint holds_pkey primary key using index holds_key;
alter table offers drop constraint offers_pkey, add constraint offers_pkey primary key using index offers_key;
alter table allocations drop constraint allocations_pkey, add constraint allocations_pkey primary key using index allocations_key;
alter table capacity_levels drop constraint capacity_levels_pkey,
  add constraint capacity_levels_pkey primary key using index capacity_levels_key;
drop index decisions_by_id, holds_by_id, offers_by_id, allocations_by_id, capacity_levels_by_id;
