-- How far the auditor has compared what the producer stamped with what a subscription recorded. One replica at a time
-- works on a row: it holds the lease, which only saves work; two at once would do no harm.
create table marketmesh.feed_audits (
  subscription text collate "C" not null,
  service text collate "C" not null,       -- who announces
  feed text collate "C" not null,
  feed_epoch bigint not null default 0,    -- 0 before the first look
  audited_to bigint not null default 0,    -- up to here each position is recorded, in feed_gaps, or counted as lost
  last_seq bigint not null default 0,      -- the producer's last position when it was last asked
  repaired bigint not null default 0,      -- positions that were missing, published again and recorded
  lost bigint not null default 0,          -- positions that were missing when the outbox had forgotten them
  audit_time timestamptz,
  lease_holder text not null default '',
  lease_expire_time timestamptz not null default '-infinity',
  primary key (subscription, service, feed)
);

-- Positions that are missing and asked for. At most 10,000 a subscription and feed, then the auditor walks no further.
create table marketmesh.feed_gaps (
  subscription text collate "C" not null,
  service text collate "C" not null,
  feed text collate "C" not null,
  feed_epoch bigint not null,
  feed_seq bigint not null,
  publish_time timestamptz not null,       -- when the broker acknowledged what it did not deliver
  attempts integer not null default 0,     -- how often it was asked for
  next_attempt_time timestamptz not null default now(),
  primary key (subscription, service, feed, feed_epoch, feed_seq)
);

call marketmesh.protect_from_app('marketmesh.feed_audits');
call marketmesh.protect_from_app('marketmesh.feed_gaps');
