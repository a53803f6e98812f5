import { createHash, randomBytes } from "node:crypto";
import { databasesSql } from "./databases-sql.ts";
import { SecretFolder } from "./folder.ts";
import { kustomization } from "./kustomization.ts";

/** What secrets are made for. */
export interface SecretsOptions {
  readonly folder: string;
  /** The name of the release: a service's secret is `<release>-<service>`. */
  readonly release: string;
  readonly services: readonly string[];
  /** `host:port` of Postgres, and of its replicas where there are any. */
  readonly databaseHost: string;
  readonly databaseReadHost?: string | undefined;
  /** What stands behind `?` in database URLs; empty for nothing. */
  readonly databaseParameters: string;
  /** `host:port` of NATS. */
  readonly natsHost: string;
}

const roles = ["owner", "app", "background"] as const;

/**
 * Makes what a cluster's secrets hold, one folder per Secret and one file per key; what is there already stays, so that a new
 * service can be added later. Answers with the files that were made and those that were kept.
 */
export function makeSecrets(options: SecretsOptions): Pick<SecretFolder, "made" | "kept"> {
  const { release, services } = options;
  const folder = new SecretFolder(options.folder);
  const operatorKey = folder.open(`${release}-operator/operator-key`, apiKey);
  const natsPassword = folder.open(`${release}-nats/password`, password);
  const principals = [principalOf("operator", operatorKey, "operator")];
  const passwords = new Map<string, string>();
  for (const service of services) {
    const secret = `${release}-${service}`;
    for (const role of roles) {
      const name = `mm_${service}_${role}`;
      folder.open(`${secret}-${role}/username`, () => name);
      passwords.set(name, folder.open(`${secret}-${role}/password`, password));
    }
    const url = urls(options, service, passwords);
    folder.open(`${secret}/database-url`, () => url("app"));
    folder.open(`${secret}/database-background-url`, () => url("background"));
    folder.open(`${secret}/database-migrator-url`, () => url("owner"));
    const { databaseReadHost } = options;
    if (databaseReadHost) folder.open(`${secret}/database-read-url`, () => url("app", databaseReadHost));
    folder.open(`${secret}/nats-url`, () => `nats://marketmesh:${natsPassword}@${options.natsHost}`);
    principals.push(principalOf(service, folder.open(`${secret}/service-key`, apiKey), "service"));
  }
  folder.open(`${release}-identity/master-key`, () => randomBytes(32).toString("hex"));
  folder.extend(`${release}-identity/bootstrap.json`, (before) => withPrincipals(before, principals));
  folder.extend("databases.sql", (before) => databasesSql(before, services, passwords));
  folder.extend("kustomization.yaml", () => kustomization(options.folder, release));
  return folder;
}

/** An account of identity's bootstrap file; see its README. */
interface Principal {
  readonly principal: string;
  readonly keySha256: string;
  readonly roles: readonly string[];
}

function principalOf(name: string, key: string, role: string): Principal {
  const keySha256 = createHash("sha256").update(key).digest("hex");
  return { principal: `serviceAccounts/${name}`, keySha256, roles: [role] };
}

/** Accounts that the file has stay: identity revokes the key of one that is gone. */
function withPrincipals(before: string | undefined, principals: readonly Principal[]): string {
  const there = before === undefined ? [] : (JSON.parse(before) as Principal[]);
  const missing = principals.filter(({ principal }) => !there.some((one) => one.principal === principal));
  if (before !== undefined && missing.length === 0) return before;
  return `${JSON.stringify([...there, ...missing], null, 2)}\n`;
}

function urls(
  { databaseHost, databaseParameters }: SecretsOptions,
  service: string,
  passwords: ReadonlyMap<string, string>,
) {
  const query = databaseParameters === "" ? "" : `?${databaseParameters}`;
  return (role: (typeof roles)[number], host = databaseHost): string => {
    const name = `mm_${service}_${role}`;
    return `postgres://${name}:${passwords.get(name)}@${host}/marketmesh_${service}${query}`;
  };
}

function apiKey(): string {
  return `mmk_${randomBytes(32).toString("base64url")}`;
}

/**
 * Letters, digits, - and _ only, since it stands in URLs, in SQL and in a broker's configuration, where `password: $NATS_PASSWORD` is
 * parsed: `-…`, `6M7…` or `1e5…` would be broken or a number, so a letter comes first. One of each kind, as managed databases demand.
 */
export function password(): string {
  for (;;) {
    const candidate = `p${randomBytes(24).toString("base64url")}`;
    if ([/[A-Z]/, /[0-9]/, /[-_]/].every((kind) => kind.test(candidate))) return candidate;
  }
}
