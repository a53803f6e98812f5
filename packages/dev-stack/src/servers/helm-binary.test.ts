import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { helmBinary, isNewEnough } from "./helm-binary.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-helm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("helmBinary", () => {
  it("takes one on PATH that is new enough", () => {
    expect(helmBinary(folder, { PATH: pathWith("v3.18.0") })).toBe(join(folder, "on-path", "helm"));
  });

  it.runIf(process.platform === "linux" && process.arch === "x64")(
    "unpacks one that runs where PATH has none or an old one",
    () => {
      const helm = helmBinary(folder, { PATH: pathWith("v3.17.9") });
      expect(helm).toBe(join(folder, "helm"));
      const { stdout } = spawnSync(helm, ["version", "--template", "{{.Version}}"], { encoding: "utf8" });
      expect(isNewEnough(stdout)).toBe(true);
    },
  );

  it.each([
    ["v3.18.0", true],
    ["v4.0.0", true],
    ["v3.9.4", false],
    ["v2.99.0", false],
    ["3.18", false],
    ["", false],
  ])("tells of %s that it is new enough: %s", (version, expected) => {
    expect(isNewEnough(version)).toBe(expected);
  });
});

function pathWith(version: string): string {
  const bin = join(folder, "on-path");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "helm"), `#!/bin/sh\necho ${version}\n`);
  chmodSync(join(bin, "helm"), 0o755);
  return bin;
}
