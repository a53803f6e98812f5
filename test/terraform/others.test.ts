import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkFolders } from "./check-folders.ts";
import { readFolders } from "./hcl.ts";
import { openWorkplace, terraform } from "./run-terraform.ts";

checkFolders(await readFolders(), (providers) => !providers.has("aws"));

test.skipIf(!terraform)("everything is formatted as terraform fmt does", async ({ signal }) => {
  using place = await openWorkplace();
  await place.run(signal, ".", "fmt", "-check", "-recursive", "-no-color");
});

test.skipIf(!terraform)(
  "what a provider does not know is refused, also when only its schema is at hand",
  async ({ signal }) => {
    using place = await openWorkplace();
    const folder = "modules/wrong";
    mkdirSync(join(place.root, folder));
    writeFileSync(
      join(place.root, folder, "main.tf"),
      `terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

resource "google_compute_network" "wrong" {
  nmae         = "misspelt"
  routing_mode = ["a", "list"]
}
`,
    );
    await place.init(signal, folder);
    const answer = place.run(signal, folder, "validate", "-no-color");
    await expect(answer).rejects.toThrow(
      /"name" is required[\s\S]*routing_mode[\s\S]*string required|Unsupported argument/,
    );
  },
);
