-- Up to where a feed is projected without a gap. Kept beside the inbox, whose old rows are purged.
create table feed_positions (
  feed text collate "C" not null,
  feed_epoch bigint not null,
  feed_seq bigint,                               -- null: where the feed begins here is not known yet
  primary key (feed, feed_epoch)
);

call marketmesh.protect_from_app('feed_positions');
