import { accessSync, constants } from "node:fs";
import { parseDatabaseUrl, parseReadUrl, withPasswordFile } from "@marketmesh/postgres/database-url";
import { ConfigError, type ConfigSpec, optionalText, readConfig, type Setting } from "./config.ts";
import type { Env } from "./host.ts";

type About = Pick<Setting<string>, "env" | "doc">;

/** A database URL, as `parseDatabaseUrl` of @marketmesh/postgres reads it. */
export function databaseUrl(about: About): Setting<string> {
  return {
    ...about,
    secret: true,
    accepts:
      "postgres://user:password@host:port/database, with sslmode=disable, require, verify-ca (and sslrootcert) or verify-full",
    parse: readableBy(parseDatabaseUrl),
  };
}

/** The hosts of a replica, as `parseReadUrl` of @marketmesh/postgres reads them; none where it is not set. */
export function replicaUrl(about: About): Setting<string | undefined> {
  return {
    ...about,
    secret: true,
    accepts: "postgres://host:port, or several as host:port,host:port",
    fallback: undefined,
    parse: readableBy(parseReadUrl),
  };
}

/** The text as it is, where `read` does not throw. */
function readableBy(read: (text: string) => unknown): (text: string) => string | undefined {
  return (text) => {
    try {
      read(text);
      return text;
    } catch {
      return undefined;
    }
  };
}

/** Where passwords are kept that change without a restart. */
export const passwordFileSettings = {
  passwordFile: optionalText({
    env: "DATABASE_PASSWORD_FILE",
    doc: "A file with the password of DATABASE_URL's role, instead of the one in the URL; read for each new connection.",
  }),
  backgroundPasswordFile: optionalText({
    env: "DATABASE_BACKGROUND_PASSWORD_FILE",
    doc: "The same for DATABASE_BACKGROUND_URL.",
  }),
  migratorPasswordFile: optionalText({
    env: "DATABASE_MIGRATOR_PASSWORD_FILE",
    doc: "The same for DATABASE_MIGRATOR_URL.",
  }),
} as const satisfies ConfigSpec<object>;

interface Urls {
  readonly url: string;
  readonly backgroundUrl: string;
  readonly migratorUrl?: string | undefined;
}

/** The URLs with their password files, which whatever connects by them reads. Throws a ConfigError for one that can't be read. */
export function withPasswordFiles<T extends Urls>(config: T, env: Env): T {
  const files = readConfig(passwordFileSettings, env);
  const { migratorUrl } = config;
  return {
    ...config,
    url: joined(config.url, files.passwordFile, "passwordFile"),
    backgroundUrl: joined(config.backgroundUrl, files.backgroundPasswordFile, "backgroundPasswordFile"),
    ...(migratorUrl !== undefined && {
      migratorUrl: joined(migratorUrl, files.migratorPasswordFile, "migratorPasswordFile"),
    }),
  };
}

function joined(url: string, file: string | undefined, setting: keyof typeof passwordFileSettings): string {
  if (file === undefined) return url;
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new ConfigError(`${passwordFileSettings[setting].env}=${file}: can't be read`);
  }
  return withPasswordFile(url, file);
}
