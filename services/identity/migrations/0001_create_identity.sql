-- Markets, parties, and who may do what. A row of the platform has an empty market.
-- Keys begin with market and bucket; `bucket` follows from the id by itself.

-- The app role sees rows of the transaction's market. Without a market it sees rows of all, but only for a caller of
-- platform reach, and then writes only rows of the platform. A party sees and writes what the rules say.
create procedure protect_here(relation regclass, party_reads text, party_writes text, privileges text)
language plpgsql as $$
declare
  app constant name := marketmesh.app_role();
  of_platform constant text := 'marketmesh.market() is null and marketmesh.reach() = ''PLATFORM''';
  of_market constant text := '(market = marketmesh.market() and (marketmesh.sees_whole_market() or (%s)))';
  reads constant text := format(of_market || ' or (%s)', party_reads, of_platform);
  writes constant text := format(of_market || ' or (market = '''' and %s)', party_writes, of_platform);
begin
  call marketmesh.protect_from_app(relation);
  execute format('create policy app_select on %s for select to %I using (%s)', relation, app, reads);
  execute format('create policy app_insert on %s for insert to %I with check (%s)', relation, app, writes);
  execute format('create policy app_update on %s for update to %I using (%s) with check (%s)', relation, app, writes, writes);
  execute format('create policy app_delete on %s for delete to %I using (%s)', relation, app, writes);
  execute format('grant %s on %s to %I', privileges, relation, app);
end $$;

create table markets (
  market text collate "C" primary key,      -- without `markets/`
  display_name text not null,
  version bigint not null,
  create_time timestamptz not null,
  update_time timestamptz not null
);
call protect_here('markets', 'true', 'false', 'select, insert, update');

create table parties (
  market text collate "C" not null references markets,
  bucket integer not null generated always as (marketmesh.bucket_of(id)) stored,
  id text collate "C" not null,
  display_name text not null,               -- personal; empty once erased
  state text not null check (state in ('ACTIVE', 'ERASED')),
  version bigint not null,
  create_time timestamptz not null,
  update_time timestamptz not null,
  primary key (market, bucket, id)
);
create index parties_by_id on parties (market, id);
call protect_here('parties', 'id = marketmesh.party()', 'id = marketmesh.party()', 'select, insert, update');

-- Deleting the row is what makes a party's personal data unreadable, wherever it is kept.
create table party_keys (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(party)) stored,
  party text collate "C" not null,
  sealed_key bytea not null,                -- 32 bytes under the master key
  create_time timestamptz not null,
  primary key (market, bucket, party),
  foreign key (market, bucket, party) references parties
);
call protect_here('party_keys', 'party = marketmesh.party()', 'party = marketmesh.party()', 'select, insert, delete');

create table erasures (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(party)) stored,
  party text collate "C" not null,
  erase_time timestamptz not null,
  primary key (market, bucket, party)
);
create index erasures_by_time on erasures (erase_time, market, party);
call protect_here('erasures', 'false', 'false', 'select, insert');

create table service_accounts (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(id)) stored,
  id text collate "C" not null,
  display_name text not null,
  state text not null check (state in ('ACTIVE', 'DISABLED')),
  version bigint not null,
  create_time timestamptz not null,
  update_time timestamptz not null,
  primary key (market, bucket, id)
);
create index service_accounts_by_id on service_accounts (market, id);
call protect_here('service_accounts', 'false', 'false', 'select, insert, update');

create table grants (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(id)) stored,
  id text collate "C" not null,
  principal text collate "C" not null,      -- a full name, for example `serviceAccounts/operator`
  role text collate "C" not null,           -- without `roles/`
  party text collate "C" not null,          -- without `markets/{market}/parties/`; empty unless of party reach
  create_time timestamptz not null,
  primary key (market, bucket, id),
  unique (market, principal, role, party)
);
create index grants_by_id on grants (market, id);
create index grants_by_party on grants (market, party) where party <> '';
call protect_here('grants', 'false', 'false', 'select, insert, delete');

create table api_keys (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(id)) stored,
  id text collate "C" not null,
  service_account text collate "C" not null, -- id, of the same market
  display_name text not null,
  secret_sha256 bytea not null unique,      -- of the whole secret, `mmk_` included; 256 random bits need no salt
  expire_time timestamptz,
  revoke_time timestamptz,
  create_time timestamptz not null,
  primary key (market, bucket, id)
);
create index api_keys_by_id on api_keys (market, id);
call protect_here('api_keys', 'false', 'false', 'select, insert, update');

create table issuers (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(id)) stored,
  id text collate "C" not null,
  issuer_uri text collate "C" not null,
  audiences text[] not null,
  algorithms text[] not null,               -- never empty
  party_claim text not null,
  create_time timestamptz not null,
  primary key (market, bucket, id),
  unique (market, issuer_uri)
);
create index issuers_by_id on issuers (market, id);
call protect_here('issuers', 'false', 'false', 'select, insert, delete');

create table audit_entries (
  market text collate "C" not null,
  bucket integer not null generated always as (marketmesh.bucket_of(id)) stored,
  id text collate "C" not null,             -- UUIDv7: ascending in time
  occur_time timestamptz not null,
  principal text collate "C" not null,
  via text collate "C" not null,
  action text collate "C" not null,
  resource text collate "C" not null,
  request_id text collate "C" not null,
  details jsonb not null,                   -- text by text
  primary key (market, bucket, id)
);
create index audit_entries_by_id on audit_entries (market, id);
create index audit_entries_by_principal on audit_entries (market, principal, id);
-- Nobody changes or deletes an entry, whatever the code above thinks.
call protect_here('audit_entries', 'false', 'principal = marketmesh.principal()', 'select, insert');

-- No request reads private keys, so the app role has no right on them at all.
create table signing_keys (
  id text collate "C" primary key,          -- the `kid`
  public_key bytea not null,                -- 32 bytes, RFC 8032
  sealed_private_key bytea not null,        -- PKCS #8 under the master key
  publish_time timestamptz not null,
  sign_time timestamptz not null
);
call marketmesh.protect_from_app('signing_keys');
