import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { followReferences } from "./file-references.ts";

let checkout: string;
const source = () => join(checkout, "packages", "shop", "src", "deep", "source.ts");
const follow = (code: string) => followReferences(checkout, source(), code);

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "marketmesh-references-"));
  write("packages/shop/package.json", JSON.stringify({ files: ["kinds", "plan.yaml"] }));
  write("packages/shop/src/deep/source.ts", "");
  write("packages/shop/migrations/0002_b.sql", "");
  write("packages/shop/migrations/0001_a.sql", "");
  write("packages/shop/kinds/one.json", "");
  write("packages/shop/plan.yaml", "");
  write("packages/shop/secret.txt", "");
});
afterEach(() => rmSync(checkout, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), content);
}

describe("references to files", () => {
  it("lead to a folder beside the bundle that has the package's name", () => {
    const { code, files } = follow('const at = new URL("../../migrations/", import.meta.url);');
    expect(code).toBe('const at = new URL("./migrations/shop/", import.meta.url);');
    expect(files.map(({ to }) => to)).toEqual(["migrations/shop/0001_a.sql", "migrations/shop/0002_b.sql"]);
    expect(files[0]?.from).toBe(join(checkout, "packages/shop/migrations/0001_a.sql"));
  });

  it("to one file take that file alone", () => {
    const { code, files } = follow('new URL(\n  "../../plan.yaml",\n  import.meta.url,\n)');
    expect(code).toBe('new URL("./shop/plan.yaml", import.meta.url)');
    expect(files.map(({ to }) => to)).toEqual(["shop/plan.yaml"]);
  });

  it("to the package's root take what it says belongs to it", () => {
    const { code, files } = follow('new URL("../../", import.meta.url)');
    expect(code).toBe('new URL("./shop/", import.meta.url)');
    expect(files.map(({ to }) => to)).toEqual(["shop/kinds/one.json", "shop/plan.yaml"]);
  });

  it("to a source lead to a bundle of its own", () => {
    write("packages/shop/src/deep/count-worker.ts", "");
    const { code, files } = follow('new Worker(new URL("./count-worker.ts", import.meta.url))');
    expect(code).toBe('new Worker(new URL("./shop-count-worker.mjs", import.meta.url))');
    expect(files).toEqual([
      { from: join(checkout, "packages/shop/src/deep/count-worker.ts"), to: "shop-count-worker.mjs" },
    ]);
  });

  it("may be talked about", () => {
    const code = "// import.meta.url is not used here\n/* nor import.meta.dirname\n   there */ const a = 1;";
    expect(follow(code)).toEqual({ code, files: [] });
  });

  it.each([
    ["a name that is computed", `const a = 1;\nnew URL(name, import.meta.url)`, "line 2"],
    ["a folder by another way", "import.meta.dirname", "line 1"],
    ["what is not there", 'new URL("../../gone/", import.meta.url)', "../../gone/ is not"],
    ["another package", 'new URL("../../../other/", import.meta.url)', "../../../other/ is not"],
    ["a folder as if it were a file", 'new URL("../../kinds", import.meta.url)', 'must end with "/"'],
  ])("are refused by file and place when they name %s", (_what, code, said) => {
    write("packages/other/x.txt", "");
    expect(() => follow(code)).toThrow(/^packages\/shop\/src\/deep\/source\.ts: /);
    expect(() => follow(code)).toThrow(said);
  });
});
