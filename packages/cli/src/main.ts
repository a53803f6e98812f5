import { Code, ConnectError } from "@connectrpc/connect";
import type { Command } from "./command.ts";
import { backup, restore } from "./commands/backup.ts";
import { events } from "./commands/events.ts";
import { apply, exportNdjson, importFiles } from "./commands/market.ts";
import { runs } from "./commands/runs.ts";
import { report, run } from "./commands/scenario.ts";
import { secrets } from "./commands/secrets.ts";
import { logs, status, stop, token } from "./commands/stack.ts";
import { tasks } from "./commands/tasks.ts";
import { trace } from "./commands/trace.ts";
import { decisions } from "./decisions/command.ts";
import { withoutCa } from "./named-mesh.ts";
import { replay } from "./replay/command.ts";
import { simulate } from "./simulate/command.ts";

const commands: Readonly<Record<string, Command>> = {
  status,
  logs,
  stop,
  apply,
  import: importFiles,
  run,
  report,
  export: exportNdjson,
  decisions,
  replay,
  simulate,
  runs,
  tasks,
  events,
  trace,
  backup,
  restore,
  token,
  secrets,
};

async function main(given: string[]): Promise<void> {
  const [name, ...args] = withoutCa(given, process.env);
  if (name === undefined || name === "help" || name === "--help") return help(args[0]);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || args.includes("--help")) return help(name);
  await command.run(args);
}

/** Prints what one command takes, or what all do. */
function help(name: string | undefined): void {
  const asked = Object.entries(commands).filter(([each]) => name === undefined || each === name);
  if (asked.length === 0) {
    process.stderr.write(`marketmesh: there is no command ${name}\n`);
    process.exitCode = 2;
    help(undefined);
    return;
  }
  for (const [each, { usage, about }] of asked) {
    process.stdout.write(`marketmesh ${`${each} ${usage}`.trimEnd()}\n    ${about}\n`);
  }
  process.stdout.write(
    "\nMARKETMESH_URL and MARKETMESH_API_KEY name a mesh elsewhere; --ca FILE says by whom it is trusted\n",
  );
}

/** One line for what the caller can act on; a stack only for our own faults. */
function describe(error: unknown): string {
  if (error instanceof ConnectError) return `${Code[error.code]}: ${error.rawMessage}`;
  if (!(error instanceof Error) || error.name === "StackProblem") return String(error);
  const mistaken =
    error.name === "UsageError" ||
    error.name === "DocumentError" ||
    (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  return mistaken ? error.message : (error.stack ?? error.message);
}

// A reader that has had enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`marketmesh: ${describe(error)}\n`);
  process.exitCode = 1;
});
