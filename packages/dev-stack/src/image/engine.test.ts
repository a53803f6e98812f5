import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { containerEngine } from "./engine.ts";
import { buildCommand, withoutUserInfo } from "./image.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-engine-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a program on the path that answers so to everything. */
function install(name: string, script: string): void {
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "bin", name), 0o755);
}

const choose = () => containerEngine({ PATH: join(folder, "bin") }, "The bundle is elsewhere.");

test("without an engine the problem names each, and what there is instead", () => {
  expect(choose).toThrow(
    "nothing here builds images: docker is not installed; podman is not installed; buildah is not installed",
  );
  expect(choose).toThrow(
    expect.objectContaining({
      code: "NO_CONTAINER_ENGINE",
      advice: expect.stringMatching(/podman.*The bundle is elsewhere\.$/),
    }),
  );
});

test("a client whose daemon is away is passed over, and told of when nothing else is there", () => {
  install("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
  expect(choose).toThrow("docker is installed but does not work (Cannot connect to the Docker daemon);");
  install("buildah", "exit 0");
  expect(choose()).toBe("buildah");
  install("podman", "exit 0");
  expect(choose()).toBe("podman");
});

const release = { version: "9.9.9", commit: "unknown" };

test("an image is told its release, and its time is the commit's", () => {
  const words = buildCommand("podman", "catalog", "here/catalog:9.9.9", release);
  const line = words.join(" ");
  expect(line).toMatch(
    /^podman build --file deploy\/Dockerfile --target service --tag here\/catalog:9\.9\.9 /,
  );
  expect(words).toContain("SERVICE=catalog");
  expect(words).toContain("RELEASE_VERSION=9.9.9");
  expect(words).toContain("SOURCE_DATE_EPOCH=0");
  expect(words).toContain("RELEASE_CREATED=1970-01-01T00:00:00.000Z");
  expect(words.at(-1)).toBe(".");
  expect(buildCommand("docker", "cli", "here/cli:1", release).join(" ")).toContain("--target cli");
});

test("the base is pinned by the digest of the environment, its version by the checkout alone", () => {
  const env = { NODE_DIGEST: "@sha256:00", NODE_VERSION: "20.0.0" };
  const words = buildCommand("docker", "catalog", "here/catalog:1", release, env).join(" ");
  expect(words).toContain("--build-arg NODE_DIGEST=@sha256:00");
  expect(words).not.toContain("NODE_VERSION");
  expect(buildCommand("docker", "cli", "here/cli:1", release).join(" ")).not.toContain("NODE_DIGEST");
});

test("a label names where the source is, not who fetched it", () => {
  const plain = "https://code.example/mesh.git";
  expect(withoutUserInfo("https://somebody:token@code.example/mesh.git")).toBe(plain);
  expect(withoutUserInfo("https://token@code.example/mesh.git")).toBe(plain);
  expect(withoutUserInfo("https://some@body:to@ken@code.example/mesh.git")).toBe(plain);
  expect(withoutUserInfo(plain)).toBe(plain);
  expect(withoutUserInfo("https://code.example/a@b.git")).toBe("https://code.example/a@b.git");
  expect(withoutUserInfo("git@code.example:mesh.git")).toBe("git@code.example:mesh.git");
});
