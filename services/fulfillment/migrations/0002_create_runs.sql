-- Runs. A run's rows change only under the lock of its row in `runs`; whoever locks several locks them in ascending
-- (market, bucket, id) in one statement.
create table runs (
  market text collate "C" not null,
  bucket integer not null,                       -- bucket_of(id)
  id text collate "C" not null,
  workflow text collate "C" not null,            -- id
  workflow_version bigint not null,              -- the one it began with
  subject text collate "C" not null,             -- a resource name; empty: nothing in particular
  status text collate "C" not null check (status in ('RUNNING', 'WAITING', 'FAULTED', 'COMPLETED', 'CANCELLED')),
  stage text collate "C" not null,
  outcome text collate "C" not null default '',  -- `output.outcome` when COMPLETED and a text
  step_count bigint not null,
  version bigint not null,                       -- of the aggregate `run`, raised by each change
  wake_time timestamptz,                         -- market time of the earliest timer; null: none runs
  create_time timestamptz not null,              -- market time
  update_time timestamptz not null,              -- market time
  end_time timestamptz,                          -- market time; null until COMPLETED or CANCELLED
  traceparent text not null,                     -- of what started it
  primary key (market, bucket, id)
) with (fillfactor = 70);
create unique index runs_by_subject on runs (market, workflow, subject) where subject <> '';
create index runs_by_id on runs (market, id);
create index runs_by_workflow on runs (market, workflow, id);
create index runs_by_status on runs (market, status, id);
create index runs_about on runs (market, subject, id) where subject <> '';
create index runs_due on runs (market, wake_time, id) where wake_time is not null;

-- Beside `runs`, whose rows so stay small: the engine's state, rewritten by each step, and what the run began with.
create table run_states (
  market text collate "C" not null,
  bucket integer not null,
  run text collate "C" not null,
  state json not null,                           -- RunState of packages/workflow-engine; json keeps texts as they are
  input json not null,
  primary key (market, bucket, run)
) with (fillfactor = 70);

create table run_history (
  market text collate "C" not null,
  bucket integer not null,
  run text collate "C" not null,
  step bigint not null,                          -- from 1
  step_time timestamptz not null,                -- market time
  entry json not null,                           -- HistoryEntry of packages/workflow-engine
  primary key (market, bucket, run, step)
);

-- When runs entered and left the tasks at the top level. Market time.
create table run_stages (
  market text collate "C" not null,
  bucket integer not null,                       -- of the run
  run text collate "C" not null,
  step bigint not null,                          -- of the step that entered it
  place integer not null,                        -- within the step
  workflow text collate "C" not null,
  stage text collate "C" not null,
  enter_time timestamptz not null,
  leave_time timestamptz,                        -- null: the run is in it, or ended in it
  primary key (market, bucket, run, step, place)
);
create index run_stages_by_workflow on run_stages (market, workflow, stage);

-- What runs may hear, from their first step to their end. Of their own signals, emissions and tasks nothing stands here.
create table run_interests (
  market text collate "C" not null,
  bucket integer not null,                       -- of the subject
  type text collate "C" not null,
  subject text collate "C" not null,
  run text collate "C" not null,
  primary key (market, bucket, subject, type, run)
);
create index run_interests_of_run on run_interests (market, run);

-- Facts of listened types that no run wanted when they came: a run that begins within 7 days finds them. Who stores one and
-- who begins a run that wants it share an advisory lock (events/mail-locks.ts), so that none passes the other by.
create table early_events (
  market text collate "C" not null,
  bucket integer not null,                       -- of the subject
  type text collate "C" not null,
  subject text collate "C" not null,
  event text collate "C" not null,               -- id, unique in the market
  body json not null,                            -- WorkflowEvent of packages/workflow-engine
  receive_time timestamptz not null default now(),
  primary key (market, bucket, subject, type, event)
);
create index early_events_by_time on early_events (receive_time);

-- Calls that runs wait for. Removed with the answer's step, so a job that finds no row has nothing to do.
create table pending_calls (
  market text collate "C" not null,
  bucket integer not null,                       -- of the run
  run text collate "C" not null,
  effect text collate "C" not null,              -- id of the effect, unique in the run
  method text collate "C" not null,
  request json not null,
  traceparent text not null,                     -- of the step that made it
  attempts integer not null default 0,
  last_code text collate "C" not null default '', -- status of the last attempt
  create_time timestamptz not null default now(),
  job_time timestamptz not null default now(),   -- when a job was last added for it
  primary key (market, bucket, run, effect)
);
create index pending_calls_by_job on pending_calls (job_time);

call marketmesh.protect('runs');
call marketmesh.protect('run_states');
call marketmesh.protect('run_history');
call marketmesh.protect('run_stages');
call marketmesh.protect('run_interests');
call marketmesh.protect('early_events');
call marketmesh.protect('pending_calls');
