-- Answers of mutations by request id, kept 24 hours. The row is written before the work, so that a concurrent repeat
-- waits at the primary key; its answer is filled in before the transaction commits.
create table marketmesh.remembered_requests (
  market text collate "C" not null,        -- without `markets/`; empty for methods of the platform
  principal text collate "C" not null,     -- whose answer it is: nobody else gets it
  method text collate "C" not null,        -- fully qualified, `marketmesh.catalog.v1.CatalogService/CreateListing`
  request_id text collate "C" not null,
  body_hash bytea not null,                -- sha256 of the request with sorted keys
  response bytea,                          -- protobuf binary; null only inside the writing transaction
  create_time timestamptz not null default now(),
  primary key (market, principal, method, request_id)
);
create index remembered_requests_by_time on marketmesh.remembered_requests (create_time);

call marketmesh.protect_from_app('marketmesh.remembered_requests');
do $$
declare
  own constant text := '(market = coalesce(marketmesh.market(), '''') and principal = marketmesh.principal())';
begin
  execute format('create policy app_own on marketmesh.remembered_requests to %I using %s with check %s',
    marketmesh.app_role(), own, own);
  execute format('grant select, insert, update on marketmesh.remembered_requests to %I', marketmesh.app_role());
end $$;
