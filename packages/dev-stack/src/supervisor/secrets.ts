import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceRoles } from "../servers/service-database.ts";
import type { BootstrapPrincipal } from "./service-env.ts";

/** Everything random of one state folder, made at its first start and kept. */
export interface Secrets {
  readonly postgresPassword: string;
  readonly identityMasterKey: string;
  readonly services: Readonly<Record<string, ServiceSecrets>>;
}

export interface ServiceSecrets {
  readonly apiKey: string;
  readonly passwords: ServiceRoles;
}

/** The operator's API key, and whether it was made just now. */
export interface OperatorKey {
  readonly key: string;
  readonly path: string;
  readonly isNew: boolean;
}

/** Reads the secrets of a state folder, and adds what a new service lacks. File mode 0600. */
export function openSecrets(stateDir: string, services: readonly string[]): Secrets {
  const path = secretsPath(stateDir);
  const kept = readSecrets(path);
  const secrets: Secrets = {
    postgresPassword: kept?.postgresPassword ?? password(),
    identityMasterKey: kept?.identityMasterKey ?? randomBytes(32).toString("hex"),
    services: {
      ...kept?.services,
      ...Object.fromEntries(services.map((name) => [name, kept?.services[name] ?? newServiceSecrets()])),
    },
  };
  writePrivate(path, JSON.stringify(secrets, null, 2));
  return secrets;
}

/** Where the secrets of a state folder are. */
export function secretsPath(stateDir: string): string {
  return join(stateDir, "secrets.json");
}

/** The secrets of a file; undefined when it does not exist: before the first start. */
export function readSecrets(path: string): Secrets | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Secrets) : undefined;
}

/** Makes a master key that of the state folder: its databases are sealed with it. */
export function adoptMasterKey(
  stateDir: string,
  services: readonly string[],
  identityMasterKey: string,
): void {
  const secrets = { ...openSecrets(stateDir, services), identityMasterKey };
  writePrivate(secretsPath(stateDir), JSON.stringify(secrets, null, 2));
}

/** Reads `operator.key`, or makes it. */
export function openOperatorKey(stateDir: string): OperatorKey {
  const path = join(stateDir, "operator.key");
  if (existsSync(path)) return { key: readFileSync(path, "utf8").trim(), path, isNew: false };
  const key = apiKey();
  writePrivate(path, `${key}\n`);
  return { key, path, isNew: true };
}

/** Writes what identity starts from: the operator and a service account for each service. Answers with the path. */
export function writeBootstrapFile(
  stateDir: string,
  services: readonly string[],
  secrets: Secrets,
  operator: OperatorKey,
): string {
  const principals: BootstrapPrincipal[] = [
    { principal: "serviceAccounts/operator", keySha256: sha256(operator.key), roles: ["operator"] },
    ...services.map(
      (name): BootstrapPrincipal => ({
        principal: `serviceAccounts/${name}`,
        keySha256: sha256(secrets.services[name]!.apiKey),
        roles: ["service"],
      }),
    ),
  ];
  const path = join(stateDir, "identity-bootstrap.json");
  writePrivate(path, JSON.stringify(principals, null, 2));
  return path;
}

/** Written beside and renamed, so that a cut-short start leaves the old file or the new one, never half of it. */
function writePrivate(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function newServiceSecrets(): ServiceSecrets {
  return { apiKey: apiKey(), passwords: { owner: password(), app: password(), background: password() } };
}

function apiKey(): string {
  return `mmk_${randomBytes(32).toString("base64url")}`;
}

function password(): string {
  return randomBytes(24).toString("base64url");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
