import { parseArgs } from "node:util";
import { testDatabaseUrl } from "@marketmesh/testkit";
import { setup } from "@marketmesh/testkit/global-setup";
import { fuzz } from "./run.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    table: { type: "boolean", default: false },
  },
});

const say = (line: string) => process.stderr.write(`${line}\n`);
let faults = 0;
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error) => {
    faults += 1;
    say(`${event}: ${error instanceof Error ? error.stack : String(error)}`);
  });
}

const stop = await setup();
try {
  const summary = await fuzz({
    seed: Number(values.seed),
    requests: Number(values.requests),
    ...(values.only !== undefined && { only: values.only.split(",").map(Number) }),
    checkout: process.cwd(),
    adminUrl: testDatabaseUrl(),
    say,
  });
  if (values.table) say(summary.table);
  for (const finding of summary.findings) process.stdout.write(`${finding}\n`);
  process.stdout.write(`${summary.line}\n`);
  process.exitCode = summary.violations + faults === 0 ? 0 : 1;
} finally {
  await stop();
}
process.exit();
