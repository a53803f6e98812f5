-- A round changes most levels of a page in one transaction. With room for each beside it a change stays on its page and touches
-- no index; with room for one in four it was written twice over, once to another page and once to each index. For what is
-- written from now on: pages that are full empty as their levels move.
set local lock_timeout = '900ms';
alter table capacity_levels set (fillfactor = 50);
