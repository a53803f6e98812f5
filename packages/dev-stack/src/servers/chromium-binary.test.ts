import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chromiumBinary } from "./chromium-binary.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-chromium-binary-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const program = (name: string, script = "") => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
};

test("is the one on PATH, by any of its names", () => {
  const path = program("google-chrome");
  expect(chromiumBinary({ PATH: `/nowhere${delimiter}${folder}` }, false)).toBe(path);
  expect(chromiumBinary({ PATH: folder }, true)).toBe(path);
});

// On macOS an application may be installed.
describe.runIf(process.platform === "linux")("where there is none", () => {
  test("says what to do, unless root has apt-get", () => {
    expect(() => chromiumBinary({ PATH: folder }, true)).toThrow(
      expect.objectContaining({ code: "CHROMIUM_MISSING" }),
    );
    program("apt-get", `touch ${folder}/called`);
    expect(() => chromiumBinary({ PATH: folder }, false)).toThrow(
      expect.objectContaining({ code: "CHROMIUM_MISSING" }),
    );
    expect(existsSync(join(folder, "called"))).toBe(false);
  });

  test("it is installed, after an update of the package lists where they lack it", () => {
    const chromium = join(folder, "chromium");
    const installs = `printf '#!/bin/sh' > ${chromium}; /bin/chmod +x ${chromium}`;
    program(
      "apt-get",
      `case $1 in update) : > ${folder}/lists;; install) [ -e ${folder}/lists ] || exit 100; ${installs};; esac`,
    );
    expect(chromiumBinary({ PATH: folder }, true)).toBe(chromium);
  });

  test.each([
    ["OFFLINE", "Temporary failure resolving 'deb.debian.org'"],
    ["DISK_FULL", "E: You don't have enough free space in /var/cache/apt/archives/."],
    ["CHROMIUM_MISSING", "E: Unable to locate package chromium"],
  ])("%s is named when apt-get says why", (code, output) => {
    program("apt-get", `echo "${output}" >&2; exit 100`);
    expect(() => chromiumBinary({ PATH: folder }, true)).toThrow(expect.objectContaining({ code }));
  });
});
