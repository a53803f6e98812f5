-- What every table of every service is protected by.
-- The transaction says whose eyes it has by set_config(…, true); without that, nothing is seen.

create function marketmesh.market() returns text language sql stable parallel safe
  return nullif(current_setting('marketmesh.market', true), '');
create function marketmesh.party() returns text language sql stable parallel safe
  return nullif(current_setting('marketmesh.party', true), '');
create function marketmesh.principal() returns text language sql stable parallel safe
  return nullif(current_setting('marketmesh.principal', true), '');
create function marketmesh.reach() returns text language sql stable parallel safe
  return nullif(current_setting('marketmesh.reach', true), '');
-- True for callers who see a whole market; false for a party and when nothing is set.
create function marketmesh.sees_whole_market() returns boolean language sql stable parallel safe
  return coalesce(marketmesh.reach() in ('PLATFORM', 'MARKET'), false);

create function marketmesh.app_role() returns name language sql stable parallel safe
  begin atomic select app_role from marketmesh.roles; end;
create function marketmesh.background_role() returns name language sql stable parallel safe
  begin atomic select background_role from marketmesh.roles; end;

-- FNV-1a (32 bit) over the UTF-8 bytes, mod 1024; the same as bucketOf in TypeScript.
create function marketmesh.bucket_of(id text) returns integer
language plpgsql immutable strict parallel safe as $$
declare
  hash bigint := 2166136261;
  bytes bytea := convert_to(id, 'UTF8');
begin
  for i in 0 .. length(bytes) - 1 loop
    hash := ((hash # get_byte(bytes, i)) * 16777619) & 4294967295;
  end loop;
  return hash % 1024;
end $$;

-- Lets the background role see all of a table, and its owner too: under FORCE a migration that updates rows would
-- otherwise silently find none.
create procedure marketmesh.protect_from_app(relation regclass)
language plpgsql as $$
declare
  counter regclass;
begin
  execute format('alter table %s enable row level security', relation);
  execute format('alter table %s force row level security', relation);
  execute format('create policy owner_all on %s to %I using (true) with check (true)', relation, current_user);
  execute format('create policy background_all on %s to %I using (true) with check (true)',
    relation, marketmesh.background_role());
  execute format('grant select, insert, update, delete on %s to %I', relation, marketmesh.background_role());
  for counter in select objid::regclass from pg_depend
    where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and refobjid = relation
      and deptype in ('a', 'i') and objid in (select oid from pg_class where relkind = 'S') loop
    execute format('grant usage on sequence %s to %I, %I', counter, marketmesh.app_role(), marketmesh.background_role());
  end loop;
end $$;

-- Protects a table that has a column `market`: the app role sees rows of the transaction's market; a caller of party
-- reach only those for which `party_rule` holds, and writes only those for which `write_rule` (default: the same) does.
-- Rules are SQL over the row's columns, marketmesh.party() and marketmesh.principal(). The default lets parties see nothing.
create procedure marketmesh.protect(
  relation regclass,
  party_rule text default 'false',
  write_rule text default null,
  app_privileges text default 'select, insert, update, delete'
) language plpgsql as $$
declare
  rule constant text := '(market = marketmesh.market() and (marketmesh.sees_whole_market() or (%s)))';
  reads constant text := format(rule, party_rule);
  writes constant text := format(rule, coalesce(write_rule, party_rule));
  app constant name := marketmesh.app_role();
begin
  call marketmesh.protect_from_app(relation);
  execute format('create policy app_select on %s for select to %I using %s', relation, app, reads);
  execute format('create policy app_insert on %s for insert to %I with check %s', relation, app, writes);
  execute format('create policy app_update on %s for update to %I using %s with check %s', relation, app, writes, writes);
  execute format('create policy app_delete on %s for delete to %I using %s', relation, app, writes);
  execute format('grant %s on %s to %I', app_privileges, relation, app);
end $$;

do $$ begin
  execute format('grant usage on schema marketmesh to %I, %I', marketmesh.app_role(), marketmesh.background_role());
end $$;
