import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { secrets } from "./secrets.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-secrets-"));
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** The database URL of catalog after `marketmesh secrets FOLDER ARGS`. */
async function databaseUrl(...args: string[]): Promise<URL> {
  await secrets.run([folder, "--services", "catalog", ...args]);
  return new URL(readFileSync(join(folder, "marketmesh-catalog", "database-url"), "utf8"));
}

describe("marketmesh secrets", () => {
  it("trusts the release's own Postgres by the authority that the chart mounts", async () => {
    const { host, search } = await databaseUrl();
    expect(host).toBe("marketmesh-postgres-rw:5432");
    expect(search).toBe("?sslmode=verify-full&sslrootcert=/etc/marketmesh/postgres/ca.crt");
  });

  it("knows the release's own Postgres by its longer name too", async () => {
    const { search } = await databaseUrl("--database-host", "marketmesh-postgres-rw.mesh.svc");
    expect(search).toContain("sslrootcert");
  });

  it("names no file for another Postgres, unless it is told to", async () => {
    const { search } = await databaseUrl("--database-host", "postgres.example");
    expect(search).toBe("?sslmode=verify-full");
  });

  it("takes parameters as they are given", async () => {
    const { search } = await databaseUrl(
      "--database-host",
      "postgres.example",
      "--database-parameters",
      "sslmode=verify-full&sslrootcert=/etc/marketmesh/postgres/ca.crt",
    );
    expect(search).toContain("sslrootcert=/etc/marketmesh/postgres/ca.crt");
  });
});
