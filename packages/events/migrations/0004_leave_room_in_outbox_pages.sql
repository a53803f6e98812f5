-- A fact is written three times: announced, stamped, marked. With room for it on the page where it lies, its next state is
-- logged as the difference from the last (a third of the bytes) and found by whoever reads that page anyway. Room that is
-- pruned is used again, so pages stay half full instead of leaving two dead copies of each fact for a vacuum.
alter table marketmesh.outbox set (fillfactor = 50);
