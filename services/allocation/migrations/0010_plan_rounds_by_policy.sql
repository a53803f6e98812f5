-- What a round solved: the packed graph with what was chosen, and the proof with its prices; gzip, see packed-graph.ts.
create table round_graphs (
  market text collate "C" not null,
  bucket integer not null,                       -- of the round
  round text collate "C" not null,
  content bytea not null,
  certificate bytea,                             -- null: the strategy proves nothing
  primary key (market, bucket, round)
);
-- Compressed already.
alter table round_graphs alter column content set storage external;
alter table round_graphs alter column certificate set storage external;

-- When the next round of a plan is due. A row for each plan whose rounds begin by themselves.
create table plan_schedules (
  market text collate "C" not null,
  bucket integer not null,                       -- of the plan
  plan text collate "C" not null,
  next_time timestamptz not null,                -- market time: no round before
  waiting_since timestamptz,                     -- market time: since when a change waits for more of them; null: none waits
  last_round text collate "C" not null default '', -- the latest that began by itself
  seen_time timestamptz not null default '-infinity', -- the database's, when that began: later changes are news
  held_time timestamptz not null default '-infinity', -- the database's, when it was COMMITTED: what it changed until then is none
  primary key (market, bucket, plan)
);
create index plan_schedules_by_time on plan_schedules (next_time);

-- What a plan learned from answers.
create table plan_states (
  market text collate "C" not null,
  bucket integer not null,                       -- of the plan
  plan text collate "C" not null,
  version bigint not null,                       -- from 1, one more per round
  content bytea not null,                        -- gzip of JSON, see expected-round.ts
  update_time timestamptz not null,
  primary key (market, bucket, plan)
);
alter table plan_states alter column content set storage external;

-- Answers that a plan's state has learned from, of rounds that have further ones to come.
create table plan_answers_fed (
  market text collate "C" not null,
  bucket integer not null,                       -- of the plan
  plan text collate "C" not null,
  round text collate "C" not null,
  offer text collate "C" not null,
  primary key (market, bucket, plan, round, offer)
);

alter table rounds
  add column dry_run boolean not null default false,
  add column trigger text collate "C" not null default 'REQUEST', -- REQUEST, SCHEDULE, CONTINUOUS
  add column due_time timestamptz,               -- market time at which a schedule wanted it
  add column strategy text collate "C" not null default '',
  add column seed bigint not null default 0,
  add column proof jsonb,                        -- primal, dual, gap, exact; null: the strategy proves nothing
  add column answers_fed boolean not null default false, -- its plan's state has learned from all its answers
  add column state_version bigint not null default 0, -- of the plan's state that decided; 0: none
  add column approval_expire_time timestamptz,   -- market time; null: needs no approval
  add column approver text not null default '',
  add column rejection text not null default '',
  -- Rounds of one market that share a kind run one after another: `begun` has its turn until it holds or ends.
  add column demand_kind text collate "C" not null default '',
  add column supply_kind text collate "C" not null default '',
  add column begun boolean not null default false,
  -- Added to the lease of a round that asks for what release 0.3.0 does not know, which so never takes it.
  add column lease_shift interval not null default '0';

alter table rounds drop constraint rounds_state_check;
alter table rounds add constraint rounds_state_check check (state in
  ('PENDING', 'SOLVING', 'SOLVED', 'AWAITING_APPROVAL', 'COMMITTED', 'SETTLED', 'FAILED', 'SIMULATED', 'REJECTED')) not valid;
alter table rounds validate constraint rounds_state_check;
create index rounds_to_feed on rounds (market, plan) where not answers_fed and state in ('COMMITTED', 'SETTLED');
create index rounds_to_approve on rounds (market, approval_expire_time) where state = 'AWAITING_APPROVAL';

alter table decisions drop constraint decisions_result_check;
alter table decisions add constraint decisions_result_check check (result in
  ('HELD', 'PARTLY_HELD', 'NOBODY_ELIGIBLE', 'EXHAUSTED', 'OUTRANKED', 'NOT_OPEN', 'REJECTED')) not valid;
alter table decisions validate constraint decisions_result_check;

call marketmesh.protect('round_graphs');
call marketmesh.protect('plan_schedules');
call marketmesh.protect('plan_states');
call marketmesh.protect('plan_answers_fed');
