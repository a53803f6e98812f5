-- Jobs are graphile-worker's, whose schema the migrator brings up at start (src/jobs/migrate-jobs.ts). Its tables are the
-- owner's; the app role adds jobs through this function alone, in the transaction that makes them necessary.
create function add_jobs(task text, keys text[], payloads text[], run_times timestamptz[], attempts_max integer)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_jobs(array(
    select (task, given.payload::json, null, given.run_time, attempts_max, given.key, null, null)::graphile_worker.job_spec
    from unnest(keys, payloads, run_times) as given(key, payload, run_time)));
end $$;
revoke all on function add_jobs from public;
do $$ begin
  execute format('grant execute on function add_jobs to %I, %I', marketmesh.app_role(), marketmesh.background_role());
end $$;
