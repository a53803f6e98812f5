-- Answers of repeated requests may hold a party's display name, for whoever asked: erasing the party forgets them. The app role
-- sees and deletes none but the caller's, so this runs as the owner, for the transaction's market and these methods alone.
create function forget_answers_about(party text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from marketmesh.remembered_requests where ctid = any(array(
    select ctid from marketmesh.remembered_requests
    where market = marketmesh.market()
      and method in ('marketmesh.identity.v1.IdentityService/CreateParty',
        'marketmesh.identity.v1.IdentityService/BatchCreateParties', 'marketmesh.identity.v1.IdentityService/UpdateParty')
      and position(convert_to('markets/' || marketmesh.market() || '/parties/' || party, 'UTF8') in response) > 0
    order by principal, method, request_id for update))
$$;
do $$ begin
  revoke execute on function forget_answers_about(text) from public;
  execute format('grant execute on function forget_answers_about(text) to %I', marketmesh.app_role());
end $$;
