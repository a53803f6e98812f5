import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { namedMesh, withoutCa } from "./named-mesh.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-named-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test("without MARKETMESH_URL the environment names no mesh", () => {
  expect(namedMesh({ MARKETMESH_API_KEY: "mmk_x" })).toBeUndefined();
});

test("one URL leads to every service; the key may be a file", () => {
  const named = namedMesh({
    MARKETMESH_URL: "https://mesh.example",
    MARKETMESH_API_KEY_FILE: file("key", "mmk_secret\n"),
    MARKETMESH_CA_FILE: file("ca", "authority"),
  });
  expect(named?.endpoints).toMatchObject({
    identity: "https://mesh.example",
    allocation: "https://mesh.example",
  });
  expect(named?.operatorKey).toBe("mmk_secret");
  expect(named?.tls).toMatchObject({ ca: "authority", cert: undefined });
});

test("each service may have a URL of its own", () => {
  const named = namedMesh({
    MARKETMESH_URL: "identity=https://i.example:8443, catalog=https://c.example",
    MARKETMESH_API_KEY: "mmk_x",
  });
  expect(named?.endpoints).toEqual({ identity: "https://i.example:8443", catalog: "https://c.example" });
});

test.each([
  ["needs MARKETMESH_API_KEY", { MARKETMESH_API_KEY: "" }],
  ["MARKETMESH_CA_FILE: /nowhere/ca.pem can't be read", { MARKETMESH_CA_FILE: "/nowhere/ca.pem" }],
  ["set together", { MARKETMESH_CERT_FILE: import.meta.filename }],
  ["identity must have a URL", { MARKETMESH_URL: "mesh.example" }],
])("says what is wrong: %s", (words, env) => {
  const good = { MARKETMESH_URL: "https://mesh.example", MARKETMESH_API_KEY: "mmk_x" };
  expect(() => namedMesh({ ...good, ...env })).toThrow(words);
});

test("--ca stands for MARKETMESH_CA_FILE, wherever it is", () => {
  const env: Record<string, string | undefined> = {};
  expect(withoutCa(["runs", "--ca", "/a.pem", "--market", "berlin"], env)).toEqual([
    "runs",
    "--market",
    "berlin",
  ]);
  expect(env.MARKETMESH_CA_FILE).toBe("/a.pem");
  expect(withoutCa(["--ca=/b.pem", "runs"], env)).toEqual(["runs"]);
  expect(env.MARKETMESH_CA_FILE).toBe("/b.pem");
  expect(() => withoutCa(["runs", "--ca"], env)).toThrow("--ca takes a PEM file");
});
