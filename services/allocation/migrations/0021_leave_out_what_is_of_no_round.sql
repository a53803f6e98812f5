-- What is decided at once is of no round: nobody asks for it by round.
set local lock_timeout = '900ms';
drop index decisions_by_round;
create index decisions_by_round on decisions (market, round, id) where round <> '';
drop index offers_by_round;
create index offers_by_round on offers (market, round, id) where round <> '';
