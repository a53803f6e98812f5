-- By itself: it waits for who reads, and a wait that is given up must not undo the making of the index that replaces it.
alter table marketmesh.outbox drop constraint outbox_feed_feed_epoch_feed_seq_key;
