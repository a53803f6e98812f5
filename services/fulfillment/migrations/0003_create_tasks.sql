-- What people have to do. A task's row changes only under the lock of its run's row.
create table tasks (
  market text collate "C" not null,
  bucket integer not null,                       -- bucket_of(id)
  id text collate "C" not null,
  run text collate "C" not null,
  type text collate "C" not null,
  party text collate "C" not null,               -- id of the party that does it; empty: the market's staff
  subject text collate "C" not null,             -- a resource name; empty: nothing
  data json,
  result json,                                   -- null until COMPLETED
  state text collate "C" not null check (state in ('OPEN', 'CLAIMED', 'COMPLETED', 'EXPIRED', 'CANCELLED')),
  claimant text collate "C" not null,            -- a principal; empty: nobody
  due_time timestamptz,                          -- market time; null: never
  version bigint not null,
  create_time timestamptz not null,              -- market time
  end_time timestamptz,                          -- market time; null until it ended
  primary key (market, bucket, id)
) with (fillfactor = 80);
create index tasks_by_id on tasks (market, id);
create unique index tasks_open_by_type on tasks (market, run, type) where state in ('OPEN', 'CLAIMED');
create index tasks_of_run on tasks (market, run, id);
create index tasks_open on tasks (market, id) where state in ('OPEN', 'CLAIMED');
create index tasks_of_party on tasks (market, party, id) where party <> '';
create index tasks_due on tasks (market, due_time, id) where state in ('OPEN', 'CLAIMED') and due_time is not null;

call marketmesh.protect('tasks', party_rule => 'party <> '''' and party = marketmesh.party()');
