import { expect, test } from "vitest";
import { bundledRequires, checkDependency } from "./third-party.ts";

test("a dependency that looks for files beside itself is refused", () => {
  const path = "node_modules/thing/index.js";
  for (const code of ["read(__dirname)", "new URL('./x', import.meta.url)", '__require("other")'])
    expect(() => checkDependency(path, code)).toThrow(`${path} looks for files beside itself`);
  expect(() => checkDependency(path, "// __dirname\n/* __filename */ f(my__dirname)")).not.toThrow();
});

test("one that is known never to get there is not", () => {
  const path = "node_modules/.pnpm/x/node_modules/@grpc/grpc-js/build/src/channelz.js";
  expect(() => checkDependency(path, "includeDirs: [__dirname]")).not.toThrow();
});

test("one whose file goes into the bundle with it is not refused", () => {
  const path = "node_modules/.pnpm/highs@1/node_modules/highs/build/highs.mjs";
  expect(() => checkDependency(path, 'new URL("highs.wasm", import.meta.url)')).not.toThrow();
});

test("requires of a bundled module become ones that a bundler sees", () => {
  expect(bundledRequires('const { status } = __require("@grpc/grpc-js");')).toBe(
    'const { status } = require("@grpc/grpc-js");',
  );
  expect(bundledRequires("var __require = f()")).toBe("var __require = f()");
});
