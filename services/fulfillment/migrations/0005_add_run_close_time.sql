-- When a run ended by the server's clock, by which it is removed one day; `end_time` is the market's, which may be anything.
-- An earlier release does not write it: a run that has ended without one is given the time at which that is noticed.
alter table runs add column close_time timestamptz;
create index runs_closed on runs (close_time) where close_time is not null;
create index runs_unclosed on runs (market, bucket, id) where end_time is not null and close_time is null;
