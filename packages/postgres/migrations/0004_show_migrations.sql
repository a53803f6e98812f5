-- A service that does not migrate itself waits until its schema is there: it has to see what was applied.
do $$ begin
  execute format('grant select on marketmesh.schema_migrations to %I', marketmesh.background_role());
end $$;
