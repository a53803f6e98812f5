import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { asOperator } from "../running-mesh.ts";
import { UsageError } from "../usage-error.ts";

/** The mesh of a checkout; an image of this command has none. */
const devStack = () => import("@marketmesh/dev-stack");

export const status: Command = {
  usage: "",
  about: "shows the processes of the mesh and where they listen",
  async run() {
    const { phase, processes, natsUrl, postgresAddress, stateDir } = await (await devStack()).status();
    process.stdout.write(`mesh: ${phase} (state in ${stateDir})\n`);
    for (const { name, pid, alive, ready, url } of processes) {
      const health = alive ? (ready === false ? "not ready" : "up") : "down";
      process.stdout.write(
        `${name.padEnd(16)} ${String(pid).padStart(7)}  ${health.padEnd(9)} ${url ?? ""}\n`,
      );
    }
    if (phase === "ready") process.stdout.write(`postgres at ${postgresAddress}, nats at ${natsUrl}\n`);
    if (phase === "down") process.exitCode = 1;
  },
};

export const logs: Command = {
  usage: "SERVICE [--lines N] [--follow]",
  about: "prints the last lines that a service logged",
  async run(args) {
    const options = { lines: { type: "string" }, follow: { type: "boolean" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [service] = positionals;
    if (service === undefined) throw new UsageError("name a service");
    const ended = new AbortController();
    process.once("SIGINT", () => ended.abort());
    const lines = (await devStack()).logs(service, {
      linesMax: Number(values.lines ?? 100),
      ...(values.follow && { follow: ended.signal }),
    });
    for await (const line of lines) process.stdout.write(`${line}\n`);
  },
};

export const stop: Command = {
  usage: "",
  about: "stops the mesh: services first, then servers",
  async run() {
    process.stdout.write((await (await devStack()).stop()) ? "stopped\n" : "nothing was running\n");
  },
};

export const token: Command = {
  usage: "[--party PARTY]",
  about: "prints an access token: the operator's, or one for markets/MARKET/parties/PARTY",
  async run(args) {
    const { values } = parseArgs({ args, options: { party: { type: "string" } } });
    await asOperator(async (mesh) => {
      const text =
        values.party === undefined
          ? await mesh.accessToken()
          : (await mesh.tokens.delegateToken({ party: values.party })).accessToken!.token;
      process.stdout.write(`${text}\n`);
    });
  },
};
