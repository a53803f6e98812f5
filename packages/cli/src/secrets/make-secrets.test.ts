import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeSecrets, password, type SecretsOptions } from "./make-secrets.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-secrets-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const make = (more: Partial<SecretsOptions> = {}) =>
  makeSecrets({
    folder,
    release: "mesh",
    services: ["identity", "catalog"],
    databaseHost: "db.example:5432",
    databaseParameters: "sslmode=require",
    natsHost: "nats.example:4222",
    ...more,
  });
const read = (path: string) => readFileSync(join(folder, path), "utf8");

describe("makeSecrets", () => {
  it("makes a folder per secret and a file per key, which nobody else can read", () => {
    make();
    expect(readdirSync(join(folder, "mesh-catalog")).sort()).toStrictEqual([
      "database-background-url",
      "database-migrator-url",
      "database-url",
      "nats-url",
      "service-key",
    ]);
    expect(readdirSync(join(folder, "mesh-identity"))).toEqual(
      expect.arrayContaining(["bootstrap.json", "master-key"]),
    );
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      expect(mode, entry.name).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
  });

  it("gives each role of a database the password that its URL has", () => {
    make({ databaseReadHost: "replica.example:5432" });
    const password = read("mesh-catalog-app/password");
    expect(read("mesh-catalog-app/username")).toBe("mm_catalog_app");
    expect(read("mesh-catalog/database-url")).toBe(
      `postgres://mm_catalog_app:${password}@db.example:5432/marketmesh_catalog?sslmode=require`,
    );
    expect(read("mesh-catalog/database-read-url")).toContain(`:${password}@replica.example:5432/`);
    expect(read("mesh-catalog/database-migrator-url")).toContain(
      `mm_catalog_owner:${read("mesh-catalog-owner/password")}@`,
    );
  });

  it("makes passwords that a broker reads as words and that have every kind of sign", () => {
    const many = Array.from({ length: 5_000 }, password);
    expect(new Set(many).size).toBe(many.length);
    for (const one of many) {
      expect(one).toMatch(/^[a-z](?=.*[A-Z])(?=.*[0-9])(?=.*[-_])[A-Za-z0-9_-]{32}$/);
    }
  });

  it("tells identity whose keys there are, by their hashes alone", () => {
    make();
    const principals = JSON.parse(read("mesh-identity/bootstrap.json")) as {
      principal: string;
      keySha256: string;
    }[];
    expect(principals.map(({ principal }) => principal)).toStrictEqual([
      "serviceAccounts/operator",
      "serviceAccounts/identity",
      "serviceAccounts/catalog",
    ]);
    const key = read("mesh-catalog/service-key");
    expect(principals[2]!.keySha256).toBe(createHash("sha256").update(key).digest("hex"));
    expect(read("mesh-identity/bootstrap.json")).not.toContain(key);
  });

  it("changes nothing when it runs again, whatever it is told then", () => {
    make();
    const before = contents();
    const { made } = make({ databaseHost: "other.example:5432", natsHost: "other.example:4222" });
    expect(made).toStrictEqual([]);
    expect(contents()).toStrictEqual(before);
  });

  it("adds a service that is new, and keeps the accounts that are there", () => {
    make();
    const [operator, ...others] = JSON.parse(read("mesh-identity/bootstrap.json")) as object[];
    const added = { ...operator, principal: "serviceAccounts/by-hand" };
    writeFileSync(
      join(folder, "mesh-identity", "bootstrap.json"),
      JSON.stringify([operator, ...others, added]),
    );
    make({ services: ["identity", "catalog", "scoring"] });
    const principals = JSON.parse(read("mesh-identity/bootstrap.json")) as { principal: string }[];
    expect(principals.slice(0, 4)).toStrictEqual([operator, ...others, added]);
    expect(principals[4]!.principal).toBe("serviceAccounts/scoring");
    make({ services: ["allocation"] });
    const databases = read("databases.sql").match(/^CREATE DATABASE \w+/gm);
    expect(databases?.map((statement) => statement.split("marketmesh_")[1])).toStrictEqual([
      "identity",
      "catalog",
      "scoring",
      "allocation",
    ]);
  });

  it("names all secrets but the operator's in a kustomization", () => {
    make();
    const { secretGenerator } = parse(read("kustomization.yaml")) as {
      secretGenerator: { name: string; files: string[] }[];
    };
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const names = folders.map(({ name }) => name).filter((name) => name !== "mesh-operator");
    expect(secretGenerator.map(({ name }) => name)).toStrictEqual(names.sort());
    expect(secretGenerator.flatMap(({ files }) => files)).toContain("mesh-identity/bootstrap.json");
  });

  function contents(): Record<string, string> {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return Object.fromEntries(
      files.map(({ parentPath, name }) => [
        join(parentPath, name),
        readFileSync(join(parentPath, name), "utf8"),
      ]),
    );
  }
});
