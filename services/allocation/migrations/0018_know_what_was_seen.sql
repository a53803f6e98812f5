-- The lowest transaction that was under way when the plan's last round began: what it or a later one wrote may have been committed
-- unseen, with a time before seen_time. Null: begun by a release that did not note it.
alter table plan_schedules add column seen_xid xid8;
