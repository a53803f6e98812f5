import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { DocumentError } from "../document.ts";
import type { ListingRow } from "../row.ts";
import type { FileMapping } from "../scenario.ts";
import { mapRows } from "./map-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-mapping-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function rows(
  mapping: Partial<FileMapping> & Pick<FileMapping, "path" | "attributes">,
): Promise<ListingRow[]> {
  const full: FileMapping = {
    format: "CSV",
    gzip: mapping.path.endsWith(".gz"),
    header: true,
    dedupe: false,
    kind: "thing",
    id: "'row-' + string(line)",
    ...mapping,
  };
  return Array.fromAsync(mapRows(full, 1));
}

describe("mapRows", () => {
  it("names columns by the header and computes attributes by CEL", async () => {
    const path = file("a.csv", 'code,label,price\nA1,"Lamp, tall",12.50\nB2,Chair,\n');
    const listings = await rows({
      path,
      id: "row.code",
      attributes: {
        label: "row.label.lowerAscii()",
        cents: { column: "price", number: true, factor: 100 },
        line: "line",
      },
    });
    expect(listings).toEqual([
      { id: "A1", attributes: { label: "lamp, tall", cents: 1250, line: 1 } },
      { id: "B2", attributes: { label: "chair", line: 2 } },
    ]);
  });

  it("takes ragged rest columns as a cleaned list, from a gzip file without a header", async () => {
    const path = file("b.csv.gz", gzipSync("1, Java ,SQL,java\n2\n3,Go\n"));
    const listings = await rows({
      path,
      header: false,
      columns: ["source", "skills..."],
      rows: { from: 1, to: 2 },
      attributes: { skills: { column: "skills", trim: true, fold: true, distinct: true } },
    });
    expect(listings.map(({ attributes }) => attributes)).toEqual([
      { skills: ["java", "sql"] },
      { skills: [] },
    ]);
  });

  it("reads a range of rows and leaves repeated ones out", async () => {
    const path = file("c.tsv", "name\nx\ny\ny\nz\n");
    const listings = await rows({
      path,
      format: "TSV",
      rows: { from: 2, to: 4 },
      dedupe: true,
      attributes: { name: "row.name" },
    });
    expect(listings.map(({ id, attributes }) => [id, attributes.name])).toEqual([
      ["row-2", "y"],
      ["row-4", "z"],
    ]);
  });

  it("reads NDJSON and draws units from seed and id", async () => {
    const path = file("d.ndjson", '{"tags":["a","b"]}\n\n{"tags":["c"]}\n');
    const listings = await rows({
      path,
      format: "NDJSON",
      units: "1 + draw % 5",
      attributes: { tags: { column: "tags" } },
    });
    expect(listings.map(({ attributes }) => attributes)).toEqual([{ tags: ["a", "b"] }, { tags: ["c"] }]);
    for (const { capacity } of listings) expect([1, 2, 3, 4, 5]).toContain(capacity?.units);
  });

  it("names the file, the field and the place of a mistake", async () => {
    const path = file("e.csv", "a\n1\n");
    const wrong = rows({ path, attributes: { x: "row.a +" } });
    await expect(wrong).rejects.toThrow(/e\.csv: attributes\.x, line 1, column/);
    await expect(rows({ path: join(folder, "no.csv"), attributes: { x: "row.a" } })).rejects.toThrow(
      DocumentError,
    );
  });

  it("names the line of broken JSON", async () => {
    const path = file("f.ndjson", '{"a":1}\n{oops\n');
    await expect(rows({ path, format: "NDJSON", attributes: { a: { column: "a" } } })).rejects.toThrow(
      /f\.ndjson:2: not a JSON object/,
    );
  });
});
