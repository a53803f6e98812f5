-- What may become of an offer besides an answer: it is replaced, bargained over, one of more than can be accepted.
alter table offers
  add column wave integer not null default 1,
  add column replaces text collate "C" not null default '',       -- id of the offer that it replaces; empty: none
  add column decline_reason text collate "C" not null default '', -- a value of DeclineReason without its prefix
  add column reason_text text not null default '',
  add column surplus boolean not null default false,              -- rescinded because others took it all
  add column terms jsonb,                                         -- on the table; null: none
  add column terms_before jsonb,                                  -- those that a counter-offer replaced, until it is answered
  add column counter_rounds integer not null default 0,
  add column turn text collate "C" not null default 'PARTY',      -- PARTY or COUNTER_PARTY; a check would read the whole table
  add column counter_party text collate "C" not null default '',  -- who answers counter-offers; empty: the market's staff
  add column rules jsonb;                                         -- of the plan, as they were when it was made; null: none
alter table allocations add column terms jsonb;                   -- what was agreed; null: nothing was named

-- Who is answered by a counter-offer sees the offer from then on.
do $$ begin
  execute format($policy$
    drop policy app_select on offers;
    create policy app_select on offers for select to %I using (market = marketmesh.market() and (
      marketmesh.sees_whole_market() or answering_party = marketmesh.party()
      or (counter_rounds > 0 and counter_party = marketmesh.party())))$policy$, marketmesh.app_role());
end $$;

create table counter_offers (
  market text collate "C" not null,
  bucket integer not null,                       -- of the offer
  offer text collate "C" not null,
  round integer not null check (round > 0),
  side text collate "C" not null check (side in ('PARTY', 'COUNTER_PARTY')), -- who named them
  terms jsonb not null,
  words text not null,                           -- what was said with it
  state text collate "C" not null check (state in ('MADE', 'ACCEPTED', 'DECLINED', 'COUNTERED')),
  create_time timestamptz not null,              -- by the market clock
  primary key (market, bucket, offer, round)
);
call marketmesh.protect('counter_offers', party_rule => 'exists (select from offers o
  where o.market = counter_offers.market and o.bucket = counter_offers.bucket and o.id = counter_offers.offer)',
  write_rule => 'false');

-- What a decision of a plan that replaces offers had to choose from, best first.
create table decision_rankings (
  market text collate "C" not null,
  bucket integer not null,                       -- of the decision
  decision text collate "C" not null,
  plan text collate "C" not null,
  demand text collate "C" not null,
  supplies text[] not null,
  demand_scores integer[] not null,
  supply_scores integer[] not null,
  create_time timestamptz not null,
  primary key (market, bucket, decision)
);
create index decision_rankings_by_demand on decision_rankings (market, demand, plan, create_time);

-- Offers to be made without a new decision: a queue, worked on in the order of `seq` within a market. A row is written with what
-- makes it due and goes with the offers that it led to.
create table offer_jobs (
  market text collate "C" not null,
  bucket integer not null,                       -- of the offer
  offer text collate "C" not null,               -- that ended, or whose demand is offered more
  kind text collate "C" not null check (kind in ('BACKFILL', 'OVER_OFFER')),
  seq bigint generated always as identity (cache 1),
  demand text collate "C" not null,
  plan text collate "C" not null,
  round text collate "C" not null,
  decision text collate "C" not null,
  units bigint not null,                         -- of each offer
  wanted integer not null check (wanted > 0),    -- offers
  wave integer not null,
  rules jsonb not null,
  primary key (market, bucket, offer, kind)
);
create index offer_jobs_by_seq on offer_jobs (market, seq);
create index offer_jobs_by_round on offer_jobs (market, round);

-- Listings that wait for capacity of another.
create table waitlist_entries (
  market text collate "C" not null,
  bucket integer not null,                       -- of the entry
  id text collate "C" not null,
  listing text collate "C" not null,             -- what is waited for
  waiting_listing text collate "C" not null,
  side text collate "C" not null check (side in ('SUPPLY', 'DEMAND')), -- of who waits
  party text collate "C" not null,               -- owner of who waits
  plan text collate "C" not null,
  score integer not null,                        -- millionths
  state text collate "C" not null check (state in ('WAITING', 'SERVED', 'LEFT')),
  offer text collate "C" not null default '',
  create_time timestamptz not null,              -- by the market clock
  version bigint not null,
  primary key (market, bucket, id)
);
create index waitlist_by_id on waitlist_entries (market, id);
create index waitlist_in_order on waitlist_entries (market, listing, score desc, create_time, id);
create unique index waitlist_waits_once on waitlist_entries (market, listing, waiting_listing) where state = 'WAITING';

call marketmesh.protect('decision_rankings');
call marketmesh.protect('offer_jobs');
call marketmesh.protect('waitlist_entries', party_rule => 'party = marketmesh.party()', write_rule => 'false');
