import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { heapGrowth } from "./heap-growth.ts";

test("Node knows what it is asked for", async () => {
  // At run time an unknown flag is passed over in silence; on the command line it ends the process.
  const { stdout } = await promisify(execFile)(process.execPath, [heapGrowth, "--print", "'started'"]);
  expect(stdout.trim()).toBe("started");
});
