import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { StackProblem } from "../problem.ts";
import { checkoutDir } from "../state-folder.ts";
import { type ServiceName, serviceName, type Taken } from "./name.ts";
import { register } from "./register.ts";
import { writeTemplate } from "./template.ts";

const PNPM = "pnpm@12.21.0";
const USAGE = "npm run new-service NAME [--resource NOUN]";

/**
 * `npm run new-service NAME`: a service that passes readiness, from its contract to its chart values. Answers with the exit status.
 *
 * Throws USAGE, SERVICE_NAME_INVALID, SERVICE_NAME_TAKEN, RESOURCE_NAME_INVALID, STEP_FAILED.
 */
export function newServiceCommand(args: readonly string[]): number {
  const name = nameOf(args, takenIn(checkoutDir));
  const files = [...register(checkoutDir, name), ...writeTemplate(checkoutDir, name)];
  step("format", join("node_modules", ".bin", "biome"), ["check", "--write", ...files]);
  step("install", "npm", [
    "exec",
    "--yes",
    `--package=${PNPM}`,
    "--",
    "pnpm",
    "install",
    "--no-frozen-lockfile",
  ]);
  step("generate", process.execPath, [join("packages", "dev-stack", "src", "main.ts"), "generate"]);
  process.stdout.write(report(name));
  return 0;
}

function nameOf(args: readonly string[], taken: Taken): ServiceName {
  const [service, option, resource, ...rest] = args;
  const usable = option === undefined || (option === "--resource" && resource !== undefined);
  if (service === undefined || service.startsWith("-") || !usable || rest.length > 0)
    throw new StackProblem("USAGE", "a name is wanted", USAGE);
  return serviceName(service, resource, taken);
}

/** The names that a checkout has given already. */
function takenIn(checkout: string): Taken {
  const folders = (path: string) =>
    existsSync(join(checkout, path)) ? readdirSync(join(checkout, path)) : [];
  return {
    services: folders("services"),
    packages: folders("packages"),
    contracts: folders("proto/marketmesh"),
  };
}

function step(what: string, command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: checkoutDir, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  const advice = "See above; what was made stays. Correct it, or remove it with git, and go on by hand.";
  throw new StackProblem("STEP_FAILED", `${what} did not succeed`, advice);
}

function report({ service, resource }: ServiceName): string {
  return `${service} keeps a ${resource}, as an example. What to do next:
  npm test -- services/${service}
  npm test && npm run readiness -- ${service}
  then make proto/marketmesh/${service}/v1 say what ${service} is about
`;
}
