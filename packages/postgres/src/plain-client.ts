import postgres, { type Options, type PostgresType, type Sql } from "postgres";
import { type DatabaseHost, type DatabaseUrl, parseDatabaseUrl } from "./database-url.ts";
import { driverOptions } from "./driver-options.ts";
import { hostChoice, refuseReader } from "./hosts.ts";

/**
 * A client of one connection outside of any pool, for migrations and backups: at the first host of the URL that will do, with
 * its TLS and password file. Throws DatabaseUrlError, or what the driver throws.
 */
export async function openClient(
  url: string,
  applicationName: string,
  more: Options<Record<string, PostgresType>> = {},
): Promise<Sql> {
  const parsed = parseDatabaseUrl(url);
  return await hostChoice(parsed).connect((host) => openAt(host, parsed, applicationName, more));
}

async function openAt(
  host: DatabaseHost,
  url: DatabaseUrl,
  applicationName: string,
  more: Options<Record<string, PostgresType>>,
): Promise<Sql> {
  const driver = driverOptions(url, host);
  const sql = postgres({
    ...driver,
    connection: { ...driver.connection, application_name: applicationName },
    ...more,
  }) as Sql;
  try {
    await sql.unsafe("select 1");
    await refuseReader(sql, url);
    return sql;
  } catch (error) {
    await sql.end({ timeout: 0 }).catch(() => {});
    throw error;
  }
}
