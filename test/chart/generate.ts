import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "./generated.ts";
import { chartDir } from "./helm.ts";

// One after the other: what is rendered has the version that was written before.
for (const [path, text] of generatedFiles()) {
  mkdirSync(dirname(join(chartDir, path)), { recursive: true });
  writeFileSync(join(chartDir, path), text);
}
