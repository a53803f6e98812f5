import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackProblem } from "../problem.ts";
import { isPortFree } from "../servers/free-port.ts";
import { portTaken } from "../servers/postgres.ts";
import type { Ports } from "./service-env.ts";

/** Every address of a mesh, out of one block of ports that follow each other. */
export interface PortBlock {
  readonly postgres: number;
  readonly nats: number;
  readonly services: ReadonlyMap<string, Ports>;
}

const BLOCK_SIZE = 40;
const FIRST = 20_000; // below the range that systems hand out for outgoing connections
const BLOCKS = 300;

/**
 * Chooses a block: `MARKETMESH_PORT_BASE` if set, else the one used last, else one by a hash of the state folder, so
 * that two checkouts rarely try the same. A block with a taken port is passed over.
 *
 * Throws PORT_TAKEN when the configured block is not free, PORT_BASE_INVALID.
 */
export async function choosePorts(
  stateDir: string,
  services: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<PortBlock> {
  if (env.MARKETMESH_PORT_BASE) return configuredBlock(env.MARKETMESH_PORT_BASE, services);
  const remembered = join(stateDir, "ports.json");
  const first = readBase(remembered) ?? hashedBase(stateDir);
  for (let i = 0; i < BLOCKS; i++) {
    const base = FIRST + ((first - FIRST + i * BLOCK_SIZE) % (BLOCKS * BLOCK_SIZE));
    const block = blockAt(base, services);
    if ((await takenPort(block)) !== undefined) continue;
    writeFileSync(remembered, JSON.stringify({ base }));
    return block;
  }
  throw new StackProblem(
    "PORT_TAKEN",
    "no block of free ports",
    "Set MARKETMESH_PORT_BASE to the first of 40 free ports.",
  );
}

async function configuredBlock(text: string, services: readonly string[]): Promise<PortBlock> {
  const base = Number(text);
  if (!Number.isInteger(base) || base < 1_024 || base > 65_535 - BLOCK_SIZE) {
    const advice = `Use a whole number from 1024 to ${65_535 - BLOCK_SIZE}.`;
    throw new StackProblem("PORT_BASE_INVALID", `MARKETMESH_PORT_BASE is ${JSON.stringify(text)}`, advice);
  }
  const block = blockAt(base, services);
  const taken = await takenPort(block);
  if (taken) throw portTaken(taken.who, taken.port);
  return block;
}

function blockAt(base: number, services: readonly string[]): PortBlock {
  const portsOf = (index: number): Ports => ({ port: base + 10 + index, metricsPort: base + 25 + index });
  return {
    postgres: base,
    nats: base + 1,
    services: new Map(services.map((name, index) => [name, portsOf(index)])),
  };
}

async function takenPort(block: PortBlock): Promise<{ who: string; port: number } | undefined> {
  const wanted = [
    { who: "Postgres", port: block.postgres },
    { who: "nats-server", port: block.nats },
    ...[...block.services].flatMap(([who, { port, metricsPort }]) => [
      { who, port },
      { who: `${who}'s metrics`, port: metricsPort },
    ]),
  ];
  for (const one of wanted) if (!(await isPortFree(one.port))) return one;
  return undefined;
}

function hashedBase(stateDir: string): number {
  const hash = createHash("sha256").update(stateDir).digest().readUInt32BE();
  return FIRST + (hash % BLOCKS) * BLOCK_SIZE;
}

function readBase(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const { base } = JSON.parse(readFileSync(path, "utf8")) as { base?: unknown };
  const known = typeof base === "number" && base >= FIRST && base < FIRST + BLOCKS * BLOCK_SIZE;
  return known ? base : undefined;
}
