-- Keys that begin (market, id) instead of (market, bucket, id) serve lists by id too, which had an index of their own: one
-- index less to write for every hold. `on conflict` and joins name the columns of a key, whatever their order. Writers wait while
-- these are built, about two seconds for a million rows; 0020 puts them in place of the others.
-- In the order in which a decision writes them; whoever writes in another is given way.
set local lock_timeout = '900ms';
create unique index decisions_key on decisions (market, id, bucket);
create unique index holds_key on holds (market, id, bucket);
create unique index offers_key on offers (market, id, bucket);
create unique index allocations_key on allocations (market, id, bucket);
create unique index capacity_levels_key on capacity_levels (market, listing_id, bucket);
