import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFolders, terraformRoot } from "./hcl.ts";
import { readmes, undescribed } from "./interface.ts";

test("every module's README has the inputs and outputs of its HCL (else: node test/terraform/interface.ts)", async () => {
  const folders = await readFolders();
  for (const [path, { now, made }] of await readmes()) {
    expect(now, path).toBe(made);
    expect(undescribed(path.split("/")[1]!, now, folders), path).toEqual([]);
  }
});

test("what a README links to is there", () => {
  for (const path of [
    "README.md",
    ...["cluster", "database", "marketmesh", "messaging", "network", "observability"].map(
      (noun) => `modules/${noun}/README.md`,
    ),
  ]) {
    const folder = join(terraformRoot, path, "..");
    const text = readFileSync(join(terraformRoot, path), "utf8");
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    expect(
      links.filter((link) => !existsSync(join(folder, link))),
      path,
    ).toEqual([]);
  }
});
