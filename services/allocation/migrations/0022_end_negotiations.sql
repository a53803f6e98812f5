-- A counter-offer that nobody answered ends with its offer.
alter table counter_offers
  drop constraint counter_offers_state_check,
  add constraint counter_offers_state_check check (state in ('MADE', 'ACCEPTED', 'DECLINED', 'COUNTERED', 'ENDED'));

-- Entries that wait no more go with the market's decisions.
alter table waitlist_entries add column end_time timestamptz; -- by the service's clock; null: it waits
create index waitlist_ended on waitlist_entries (market, end_time) where end_time is not null;
