import { readFileSync } from "node:fs";
import { SERVICES } from "@marketmesh/dev-stack/service-table";
import type { RunningMesh } from "./running-mesh.ts";
import { UsageError } from "./usage-error.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The mesh that the environment names; undefined when it names none. Throws UsageError for what is missing or can't be read.
 *
 * - MARKETMESH_URL: one URL that leads to every service, or `identity=https://…,catalog=https://…`
 * - MARKETMESH_API_KEY or MARKETMESH_API_KEY_FILE: whom to call as
 * - MARKETMESH_CA_FILE: the authorities that https URLs are trusted by; MARKETMESH_CERT_FILE and MARKETMESH_KEY_FILE: the
 *   client's certificate, for a mesh that asks for one
 */
export function namedMesh(env: Env): Omit<RunningMesh, "stateDir"> | undefined {
  const text = env.MARKETMESH_URL;
  if (!text) return undefined;
  const key = env.MARKETMESH_API_KEY || contentOf(env, "MARKETMESH_API_KEY_FILE")?.trim();
  if (!key) throw new UsageError("MARKETMESH_URL needs MARKETMESH_API_KEY or MARKETMESH_API_KEY_FILE");
  const [ca, cert, privateKey] = (["CA", "CERT", "KEY"] as const).map((file) =>
    contentOf(env, `MARKETMESH_${file}_FILE`),
  );
  if ((cert === undefined) !== (privateKey === undefined))
    throw new UsageError("MARKETMESH_CERT_FILE and MARKETMESH_KEY_FILE are set together or not at all");
  return { endpoints: endpointsOf(text), operatorKey: key, tls: { ca, cert, key: privateKey } };
}

/** Takes `--ca FILE` out of a command's arguments: it stands for MARKETMESH_CA_FILE, for every command alike. */
export function withoutCa(args: readonly string[], env: Record<string, string | undefined>): string[] {
  const at = args.findIndex((arg) => arg === "--ca" || arg.startsWith("--ca="));
  if (at < 0) return [...args];
  const joined = args[at]?.startsWith("--ca=") ? args[at]?.slice("--ca=".length) : undefined;
  const file = joined ?? args[at + 1];
  if (!file) throw new UsageError("--ca takes a PEM file");
  env.MARKETMESH_CA_FILE = file;
  return [...args.slice(0, at), ...args.slice(at + (joined === undefined ? 2 : 1))];
}

function endpointsOf(text: string): Record<string, string> {
  const entries = text.includes("=")
    ? text.split(",").map((part) => part.trim().split(/=(.*)/, 2) as [string, string])
    : SERVICES.map(({ name }) => [name, text] as const);
  for (const [name, url] of entries) {
    if (!/^https?:\/\//.test(url ?? "") || !URL.canParse(url))
      throw new UsageError(`MARKETMESH_URL: ${name} must have a URL that starts with http:// or https://`);
  }
  return Object.fromEntries(entries);
}

function contentOf(env: Env, key: string): string | undefined {
  const path = env[key];
  if (!path) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`${key}: ${path} can't be read`);
  }
}
