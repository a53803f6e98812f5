-- An export tells the epoch of each kind's ordinals from its own snapshot, so it reads it in its own transaction.
do $$ begin
  execute format('create policy app_select on ordinal_blocks for select to %I using (market = marketmesh.market())',
    marketmesh.app_role());
  execute format('grant select on ordinal_blocks to %I', marketmesh.app_role());
end $$;
