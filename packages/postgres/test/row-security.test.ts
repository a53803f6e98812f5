import { sql } from "drizzle-orm";
import postgres from "postgres";
import { expect, test } from "vitest";
import { assertRowSecurity } from "../src/index.ts";
import { openNotes } from "./notes.ts";

test("proves that no table shows a row without a market", async () => {
  await using notes = await openNotes();
  await notes.database.background((tx) =>
    tx.execute(sql`insert into notes values ('berlin', 1, 'a', 'ann')`),
  );
  const guarded = await assertRowSecurity(notes.database);
  expect(guarded).toContainEqual({ table: "public.notes", rows: 1 });
  expect(guarded.map(({ table }) => table)).toContain("marketmesh.remembered_requests");
});

test("finds a table without row level security and one whose policy lets all pass", async () => {
  await using notes = await openNotes();
  const owner = postgres(notes.migratorUrl, { max: 1 });
  await owner.unsafe(`create table bare (market text); grant select on bare to mm_notes_app;
    grant select on bare to mm_notes_background;
    create policy hole on notes for select to mm_notes_app using (true); insert into notes values ('berlin', 1, 'a', 'ann')`);
  await owner.end();
  const failing = assertRowSecurity(notes.database);
  await expect(failing).rejects.toThrow("public.bare: row level security is not enabled and forced");
  await expect(failing).rejects.toThrow("public.notes: shows 1 rows without a market");
});
