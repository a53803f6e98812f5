import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileMapping } from "@marketmesh/markets";
import { afterAll, expect, it } from "vitest";
import { importIdOf } from "./import-id.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-import-id-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("stays for the same upload and changes with bytes, mapping and seed", async () => {
  const path = join(folder, "a.csv");
  writeFileSync(path, "id,s\na,x\n");
  const file: FileMapping = {
    path,
    format: "CSV",
    gzip: false,
    header: true,
    dedupe: false,
    kind: "thing",
    id: "row.id",
    attributes: { label: "row.s" },
  };
  const id = await importIdOf(file, 1);
  expect(await importIdOf(file, 1)).toBe(id);
  expect(await importIdOf(file, 2)).not.toBe(id);
  expect(await importIdOf({ ...file, dedupe: true }, 1)).not.toBe(id);
  writeFileSync(path, "id,s\na,y\n");
  expect(await importIdOf(file, 1)).not.toBe(id);
  await expect(importIdOf({ ...file, path: join(folder, "no.csv") }, 1)).rejects.toThrow(
    /no\.csv: cannot be read/,
  );
});
