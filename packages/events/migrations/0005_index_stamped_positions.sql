-- A fact without a position needs no place in the index of positions; in 0001's it had one, given up again when it was
-- stamped. On an outbox of many millions of rows make this index by hand first, concurrently.
create unique index if not exists outbox_by_position on marketmesh.outbox (feed, feed_epoch, feed_seq)
  where feed_seq is not null;
