import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { natsBinary } from "./nats-binary.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-nats-binary-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("says what to do where there is no package manager", () => {
  expect(() => natsBinary(folder, { PATH: folder })).toThrow(
    expect.objectContaining({ code: "NATS_MISSING" }),
  );
});

test("prefers the server on PATH", () => {
  const path = join(folder, "nats-server");
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, 0o755);
  expect(natsBinary(join(folder, "bin"), { PATH: `/nowhere:${folder}` })).toBe(path);
});
