-- In how many listings strings occur: an input of scores, frozen. Parties never write them.
create table statistics (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,
  version bigint not null,                 -- the current one, from 1
  primary key (market, bucket, id)
);
create index statistics_by_id on statistics (market, id);
call marketmesh.protect('statistics', party_rule => 'true', write_rule => 'false');

create table statistics_versions (
  market text collate "C" not null,
  bucket smallint not null,                -- of the statistics' id
  statistics text collate "C" not null,
  version bigint not null,
  attributes json not null,                -- [{kind, attribute}], kinds by id
  document_count bigint not null,          -- N: listings counted
  term_count bigint not null,
  terms text not null,                     -- a JSON array of strings, ascending bytewise
  frequencies bytea not null,              -- 4 bytes each, little-endian, in the order of terms
  sha256 bytea not null,                   -- of attributes, document count, terms and frequencies: equal counts are equal here
  feed_seq bigint not null,                -- position in the listing feed that was counted
  update_time timestamptz not null,
  primary key (market, bucket, statistics, version),
  foreign key (market, bucket, statistics) references statistics
);
call marketmesh.protect('statistics_versions', party_rule => 'true', write_rule => 'false', app_privileges => 'select, insert');
