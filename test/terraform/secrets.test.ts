import { beforeAll, describe, expect, test } from "vitest";
import { type Body, type Folder, list, readFolders } from "./hcl.ts";

/** Arguments whose value would be kept in the state. */
const secretArguments =
  /^(password|secret_data|secret_string|secret_binary|root_password|master_password|private_key|token|sigv4_secret)$/;

/** Statements that may name every resource, because the service knows none for them or the key's policy is its own resource. */
const mayNameAll = new Set(
  // Describe and List calls, log-in to a registry, X-Ray, and a key's own policy, in which `*` is the key itself.
  ["Traces", "Login", "FindZone", "AccountDecides", "Logs", "Alarms", "TlsOnly"],
);

let folders: ReadonlyMap<string, Folder>;

beforeAll(async () => {
  folders = await readFolders();
});

describe("secrets and rights", () => {
  test("no secret's value passes through the state", () => {
    const found = [...folders.values()].flatMap(({ path, objects }) =>
      [...objects].flatMap(([name, body]) =>
        keysOf(body)
          .filter((key) => secretArguments.test(key))
          .map((key) => `${path}: ${name}.${key}`),
      ),
    );
    expect(found).toEqual([]);
  });

  test("no policy allows every action, and few name every resource", () => {
    const found = statements().flatMap(({ at, body }) => {
      const actions = (body.actions ?? []) as readonly string[];
      const resources = body.resources as readonly string[] | undefined;
      const sid = String(body.sid ?? "");
      const wide = actions.filter((action) => action === "*" || action.endsWith(":*"));
      const conditioned = body.condition !== undefined;
      const reads = actions.every((action) => /:(Describe|List|Get)/.test(action));
      return [
        ...(wide.length > 0 && sid !== "AccountDecides" && body.effect !== "Deny" ? [`${at}: ${wide}`] : []),
        ...(resources?.includes("*") && !mayNameAll.has(sid) && !conditioned && !reads
          ? [`${at}: every resource`]
          : []),
      ];
    });
    expect(found).toEqual([]);
    expect(statements().length).toBeGreaterThan(20);
  });

  test("nobody in Google Cloud is owner or editor, and no grant is to everybody", () => {
    const grants = [...folders.values()].flatMap(({ path, objects }) =>
      [...objects]
        .filter(([name]) => name.includes("_iam_"))
        .map(([name, body]) => ({ at: `${path}: ${name}`, body })),
    );
    expect(grants.length).toBeGreaterThan(8);
    const wrong = grants.filter(
      ({ body }) =>
        /roles\/(owner|editor)$/.test(String(body.role)) ||
        /allUsers|allAuthenticatedUsers/.test(String(body.member)),
    );
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });
});

function keysOf(value: unknown): string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(Array.isArray(value) ? [] : [key]),
    ...keysOf(inner),
  ]);
}

function statements(): { at: string; body: Body }[] {
  return [...folders.values()].flatMap(({ path, objects }) =>
    [...objects]
      .filter(([name]) => name.startsWith("data.aws_iam_policy_document."))
      .flatMap(([name, document]) =>
        list(document.statement).map((body) => ({ at: `${path}: ${name}`, body })),
      ),
  );
}
