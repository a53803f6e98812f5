import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { prometheusBinaries } from "./prometheus-binary.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-prometheus-binary-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("says what to do where there is no package manager", () => {
  expect(() => prometheusBinaries(folder, { PATH: folder })).toThrow(
    expect.objectContaining({ code: "PROMETHEUS_MISSING" }),
  );
});

test("prefers those on PATH, when both are there", () => {
  const [prometheus, promtool] = ["prometheus", "promtool"].map((name) => join(folder, name));
  writeFileSync(prometheus!, "#!/bin/sh\n");
  chmodSync(prometheus!, 0o755);
  expect(() => prometheusBinaries(join(folder, "bin"), { PATH: folder })).toThrow(
    "prometheus is not on PATH",
  );
  writeFileSync(promtool!, "#!/bin/sh\n");
  chmodSync(promtool!, 0o755);
  expect(prometheusBinaries(join(folder, "bin"), { PATH: folder })).toEqual({ prometheus, promtool });
});
