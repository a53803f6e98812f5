import type { Sql } from "postgres";

/** The three roles of a service; passwords are chosen by us, of letters, digits, `-` and `_`. */
export interface ServiceRoles {
  readonly owner: string;
  readonly app: string;
  readonly background: string;
}

/** Connection strings of one service's database, by role. */
export interface DatabaseUrls {
  /** `mm_<service>_owner`: owns the database and runs its migrations. */
  readonly migratorUrl: string;
  /** `mm_<service>_app`: serves requests under row level security. */
  readonly appUrl: string;
  /** `mm_<service>_background`: relay and subscriptions, under a policy of its own. */
  readonly backgroundUrl: string;
}

/** Role names of a service, the same on every server: migrations grant to them. */
export function roleNames(service: string): ServiceRoles {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(service)) throw new Error(`not a service's name: ${service}`);
  return { owner: `mm_${service}_owner`, app: `mm_${service}_app`, background: `mm_${service}_background` };
}

/**
 * Creates the roles of a service or sets their passwords again. `admin` needs CREATEROLE. Not safe to run twice at
 * once for one service: Postgres refuses concurrent updates of a role.
 */
export async function createServiceRoles(
  admin: Sql,
  service: string,
  passwords: ServiceRoles,
): Promise<void> {
  const names = roleNames(service);
  const kinds = ["owner", "app", "background"] as const;
  const existing = await admin`SELECT rolname FROM pg_roles WHERE rolname = ANY(${Object.values(names)})`;
  const known = new Set(existing.map((row) => row.rolname as string));
  for (const kind of kinds) {
    const verb = known.has(names[kind]) ? "ALTER" : "CREATE";
    await admin.unsafe(`${verb} ROLE ${names[kind]} LOGIN PASSWORD '${safePassword(passwords[kind])}'`);
  }
  // Since Postgres 16 a role that created another must grant itself the right to give it a database.
  const [me] = await admin`SELECT rolsuper FROM pg_roles WHERE rolname = current_user`;
  if (!me?.rolsuper) await admin.unsafe(`GRANT ${names.owner} TO CURRENT_USER`);
}

/**
 * Creates a database that belongs to the service's owner role and that only its roles may enter; one that exists is
 * left as it is. `admin` needs CREATEDB. Takes about 0.1 s from a template.
 */
export async function createServiceDatabase(
  admin: Sql,
  service: string,
  database: { readonly name: string; readonly template?: string },
): Promise<void> {
  const names = roleNames(service);
  const [found] = await admin`SELECT 1 FROM pg_database WHERE datname = ${database.name}`;
  if (found) return;
  const template = database.template ? ` TEMPLATE "${database.template}"` : "";
  await admin.unsafe(`CREATE DATABASE "${database.name}" OWNER ${names.owner}${template}`);
  await admin.unsafe(`REVOKE ALL ON DATABASE "${database.name}" FROM PUBLIC`);
  await admin.unsafe(`GRANT CONNECT ON DATABASE "${database.name}" TO ${names.app}, ${names.background}`);
}

/** Connection strings of a service's database on the server of `adminUrl`. */
export function databaseUrls(
  adminUrl: string,
  service: string,
  database: string,
  passwords: ServiceRoles,
): DatabaseUrls {
  const names = roleNames(service);
  const urlOf = (kind: keyof ServiceRoles) => {
    const url = new URL(adminUrl);
    url.username = names[kind];
    url.password = passwords[kind];
    url.pathname = `/${database}`;
    return url.href;
  };
  return { migratorUrl: urlOf("owner"), appUrl: urlOf("app"), backgroundUrl: urlOf("background") };
}

// Statements about roles take no parameters, so a password must not be able to end the literal.
function safePassword(password: string): string {
  if (!/^[A-Za-z0-9_-]{8,128}$/.test(password))
    throw new Error("a role's password has letters, digits, - and _ only");
  return password;
}
