import { readFile } from "node:fs/promises";
import { collections, parsePlaced } from "../domain/names.ts";
import { roleOf } from "../domain/roles.ts";

/** One service account of the platform that must be there. */
export interface BootstrapEntry {
  /** The service account's id. */
  readonly id: string;
  /** sha256 of its API key. */
  readonly keySha256: Buffer;
  /** Ids of roles of platform reach. */
  readonly roles: readonly string[];
}

const entriesMax = 100;

/** Reads IDENTITY_BOOTSTRAP_FILE. Throws an error that names the entry at fault, never its hash. */
export async function readBootstrapFile(path: string): Promise<readonly BootstrapEntry[]> {
  return parseBootstrap(JSON.parse(await readFile(path, "utf8")));
}

export function parseBootstrap(document: unknown): readonly BootstrapEntry[] {
  if (!Array.isArray(document) || document.length > entriesMax) {
    throw new Error(`the bootstrap file must be a JSON list of at most ${entriesMax} entries`);
  }
  return document.map((entry: unknown, index) => parseEntry(entry, `bootstrap entry ${index}`));
}

function parseEntry(entry: unknown, where: string): BootstrapEntry {
  if (typeof entry !== "object" || entry === null) throw new Error(`${where} must be an object`);
  const { principal, keySha256, roles } = entry as Record<string, unknown>;
  const name = typeof principal === "string" ? parsePlaced(collections.serviceAccount, principal) : undefined;
  if (name?.place !== "") throw new Error(`${where}: principal must be serviceAccounts/{id}`);
  if (typeof keySha256 !== "string" || !/^[0-9a-f]{64}$/.test(keySha256)) {
    throw new Error(`${where}: keySha256 must be 64 hexadecimal characters`);
  }
  return { id: name.id, keySha256: Buffer.from(keySha256, "hex"), roles: rolesOf(roles, where) };
}

function rolesOf(roles: unknown, where: string): readonly string[] {
  const good = Array.isArray(roles) && roles.every((role) => roleOf(String(role))?.reach === "PLATFORM");
  if (!good) throw new Error(`${where}: roles must be a list of roles of platform reach`);
  return roles.map(String);
}
