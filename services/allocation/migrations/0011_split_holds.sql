-- A hold may be confirmed in part: `units` are then those that were confirmed, and the others went back or are held by
-- another hold.
alter table holds
  add column released_units bigint not null default 0,   -- went back when the rest was confirmed
  add column remainder_of text collate "C" not null default ''; -- id of the hold whose rest this is; empty: none
