/**
 * Statements that make the services' roles and databases on a server, for its administrator (CREATEROLE and CREATEDB). Those that
 * find theirs there fail and may; the others set passwords and rights again. A service's database is entered by its own roles only.
 * `before`: what the file holds, which stays.
 */
export function databasesSql(
  before: string | undefined,
  services: readonly string[],
  passwords: ReadonlyMap<string, string>,
): string {
  const missing = services.filter((service) => !before?.includes(`CREATE DATABASE ${databaseOf(service)} `));
  const statements = missing.flatMap((service) => statementsFor(service, passwords));
  return (before ?? head) + statements.map((statement) => `${statement}\n`).join("");
}

const head =
  "-- psql --file databases.sql; what exists already is told as an error and left as it is. Holds passwords.\n";

function databaseOf(service: string): string {
  return `marketmesh_${service}`;
}

function statementsFor(service: string, passwords: ReadonlyMap<string, string>): string[] {
  const [owner, app, background] = ["owner", "app", "background"].map((role) => `mm_${service}_${role}`);
  const database = databaseOf(service);
  return [
    ...[owner, app, background].flatMap((role) => [
      `CREATE ROLE ${role};`,
      `ALTER ROLE ${role} LOGIN PASSWORD '${passwords.get(role!)}';`,
    ]),
    // Since Postgres 16 a role that created another must grant itself the right to give it a database.
    `GRANT ${owner} TO CURRENT_USER;`,
    `CREATE DATABASE ${database} OWNER ${owner};`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC;`,
    `GRANT CONNECT ON DATABASE ${database} TO ${app}, ${background};`,
  ];
}
