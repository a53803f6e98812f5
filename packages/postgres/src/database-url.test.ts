import { describe, expect, test } from "vitest";
import { DatabaseUrlError, parseDatabaseUrl, withPasswordFile } from "./database-url.ts";

describe("a database URL", () => {
  test("names user, password, host and database; a port where it is not 5432", () => {
    expect(parseDatabaseUrl("postgres://mm_app:p%40ss%3Aword@db.example/main")).toEqual({
      hosts: [{ host: "db.example", port: 5432 }],
      user: "mm_app",
      password: "p@ss:word",
      passwordFile: undefined,
      database: "main",
      tls: undefined,
      writable: false,
      settings: {},
    });
    expect(parseDatabaseUrl("postgresql://a@[::1]:6000/x").hosts).toEqual([{ host: "::1", port: 6000 }]);
  });

  test("may name several hosts, of which one must take writes", () => {
    const url = parseDatabaseUrl("postgres://a:b@one:5432,two:5433,three/x?target_session_attrs=read-write");
    expect(url.hosts).toEqual([
      { host: "one", port: 5432 },
      { host: "two", port: 5433 },
      { host: "three", port: 5432 },
    ]);
    expect(url.writable).toBe(true);
  });

  test("hands settings it does not know to the server, and none of its own", () => {
    const url = parseDatabaseUrl("postgres://a:b@h/x?sslmode=disable&search_path=audit&connect_timeout=3");
    expect(url.settings).toEqual({ search_path: "audit" });
  });

  test.each([
    ["sslmode=require", { mode: "require" }],
    ["sslmode=verify-full", { mode: "verify-full" }],
    ["sslmode=verify-ca&sslrootcert=/ca", { mode: "verify-ca", rootCertFile: "/ca" }],
    ["sslmode=require&sslrootcert=/ca", { mode: "verify-ca", rootCertFile: "/ca" }],
    ["sslmode=verify-ca&sslrootcert=system", { mode: "verify-full" }],
    [
      "sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k",
      { mode: "verify-full", rootCertFile: "/ca", certFile: "/c", keyFile: "/k" },
    ],
  ])("secures as libpq does: %s", (query, tls) => {
    expect(parseDatabaseUrl(`postgres://a:b@h/x?${query}`).tls).toMatchObject(tls);
  });

  test.each([
    ["mysql://a:b@h/x", "must be postgres://"],
    ["postgres://a:hidden@h", "must be postgres://"],
    ["postgres://a:hidden@h:port/x", "must name hosts"],
    ["postgres://a:hidden@h/x?sslmode=prefer", "sslmode must be"],
    ["postgres://a:hidden@h/x?sslmode=verify-ca", "needs sslrootcert"],
    ["postgres://a:hidden@h/x?sslmode=require&sslcert=/c", "sslcert and sslkey"],
    ["postgres://a:hidden@h/x?channel_binding=require", "channel_binding is not supported"],
    ["postgres://a:hidden@h/x?target_session_attrs=standby", "target_session_attrs must be"],
  ])("is refused without being quoted: %s", (url, words) => {
    const problem = (() => {
      try {
        parseDatabaseUrl(url);
      } catch (cause) {
        return cause;
      }
      return undefined;
    })();
    expect(problem).toBeInstanceOf(DatabaseUrlError);
    expect(String(problem)).toContain(words);
    expect(String(problem)).not.toContain("hidden");
  });

  test("takes a password file along", () => {
    const plain = withPasswordFile("postgres://a@h/x", "/run/secrets/p w");
    expect(parseDatabaseUrl(plain)).toMatchObject({ passwordFile: "/run/secrets/p w", tls: undefined });
    const secure = withPasswordFile("postgres://a@h/x?sslmode=require", "/p");
    expect(parseDatabaseUrl(secure)).toMatchObject({ passwordFile: "/p", tls: { mode: "require" } });
  });
});
