import type { Bind } from "./host.ts";

/** A service as a process: what each of its commands needs, loaded when it is needed. */
export interface Program {
  /** Loads what binds the service. */
  readonly bind: () => Promise<Bind>;
  /** Where its migrations are, when it has a database. */
  readonly migrations?: URL;
  /** Migrates what its dependencies keep in its database, after its own migrations. Repeats itself harmlessly. */
  readonly migrateMore?: (access: OwnerAccess) => Promise<void>;
}

/** How a service's database is entered by whom it belongs to. */
export interface OwnerAccess {
  readonly ownerUrl: string;
  /** The role that background work logs in as. */
  readonly backgroundRole: string;
}

type Command = (name: string, program: Program) => Promise<void>;

// Each is loaded alone: a health check every few seconds must not cost what a service costs.
const commands: Readonly<Record<string, Command>> = {
  serve: async (name, program) => (await import("./serve.ts")).serve(name, program),
  migrate: async (name, program) => (await import("./migrate.ts")).migrateService(name, program),
  healthcheck: async () => (await import("./healthcheck.ts")).healthcheck(),
};

/** What SIGTERM does until a service has something to drain. */
export function endAtOnce(): void {
  process.exit(143);
}

/**
 * Runs a service's process: `node main.mjs` serves, `node main.mjs migrate` brings its database up to date, `node main.mjs
 * healthcheck` asks the one that serves here. An unknown command ends with status 2.
 */
export async function run(name: string, program: Program, args = process.argv.slice(2)): Promise<void> {
  const [word = "serve", ...more] = args;
  // The first process of a container ends by no signal that it does not handle; a command may replace this.
  process.once("SIGTERM", endAtOnce);
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (command !== undefined && more.length === 0) return await command(name, program);
  const asked = [word, ...more].join(" ").slice(0, 100);
  const known = Object.keys(commands).join(", ");
  process.stderr.write(
    `${name}: there is no command "${asked}"; there are ${known} (without one it serves)\n`,
  );
  process.exitCode = 2;
}
