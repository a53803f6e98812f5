import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { StackProblem } from "../problem.ts";
import { checkoutDir } from "../state-folder.ts";
import { bundleService } from "./bundle.ts";
import { BUNDLED, bundleFolder } from "./command.ts";
import { containerEngine, type Engine } from "./engine.ts";
import { git, type Release, releaseOf } from "./release.ts";

interface Options {
  readonly names: readonly string[];
  /** What comes before `/<name>`: a registry and a folder of it. */
  readonly repository: string;
  readonly tag: string;
  readonly push: boolean;
}

/**
 * `npm run image -- NAME...|all [--tag TAG] [--repository PREFIX] [--push]`: builds images `<repository>/<name>:<tag>` with whichever
 * engine answers. NODE_DIGEST of the environment (`@sha256:…`) pins the base. Answers with the exit status.
 *
 * Throws NO_CONTAINER_ENGINE after bundling what was named, FLAG_INVALID, SERVICE_UNKNOWN.
 */
export async function imageCommand(args: readonly string[], env = process.env): Promise<number> {
  const release = releaseOf(checkoutDir, env);
  const options = optionsOf(args, release);
  const engine = await engineFor(options.names, env);
  for (const name of options.names) {
    const image = `${options.repository}/${name}:${options.tag}`;
    const [command, ...words] = buildCommand(engine, name, image, release, env);
    if (!runs(command, words)) return 1;
    if (options.push && !runs(engine, ["push", image])) return 1;
    process.stdout.write(`${image}\n`);
  }
  return 0;
}

/** A remote's URL for everybody to read: a checkout's may hold a user's name and token. */
export function withoutUserInfo(remote: string): string {
  return remote.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1");
}

/** What builds one image, as words of a command line. */
export function buildCommand(
  engine: Engine,
  name: string,
  image: string,
  release: Release,
  env: NodeJS.ProcessEnv = {},
): [string, ...string[]] {
  const commit = release.commit.replace(/-dirty$/, "");
  const seconds = git(checkoutDir, ["show", "--no-patch", "--format=%ct", commit]) ?? "0";
  const buildArgs = {
    SERVICE: name,
    RELEASE_VERSION: release.version,
    RELEASE_COMMIT: release.commit,
    RELEASE_CREATED: new Date(Number(seconds) * 1_000).toISOString(),
    SOURCE_DATE_EPOCH: seconds,
    SOURCE_URL: withoutUserInfo(git(checkoutDir, ["config", "--get", "remote.origin.url"]) ?? ""),
    // Node's version is the checkout's own: NODE_VERSION of an environment is what happens to run there.
    ...(env.NODE_DIGEST && { NODE_DIGEST: env.NODE_DIGEST }),
  };
  return [
    engine,
    "build",
    ...["--file", join("deploy", "Dockerfile")],
    ...["--target", name === "cli" ? "cli" : "service"],
    ...["--tag", image],
    // The times that the engine itself writes into the image.
    ...(engine === "docker" ? [] : ["--timestamp", seconds, "--format", "docker"]),
    ...Object.entries(buildArgs).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
    ".",
  ];
}

function optionsOf(args: readonly string[], { version }: Release): Options {
  const text = { type: "string" } as const;
  const options = { tag: text, repository: text, push: { type: "boolean" } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const names = positionals.includes("all") ? BUNDLED : positionals;
    const unknown = names.find((name) => !BUNDLED.includes(name));
    if (names.length === 0 || unknown !== undefined) {
      throw new Error(unknown === undefined ? "it is not said which" : `there is no service ${unknown}`);
    }
    const { tag = version, repository = "marketmesh", push = false } = values;
    if (tag === "latest") throw new Error("a tag that moves tells nobody what runs");
    return { names, tag, repository, push };
  } catch (cause) {
    const advice = `npm run image -- ${BUNDLED.join("|")}|all [--tag TAG] [--repository PREFIX] [--push]`;
    throw new StackProblem("FLAG_INVALID", (cause as Error).message, advice);
  }
}

/** Where no engine is, what an image would hold is made all the same. */
async function engineFor(names: readonly string[], env: NodeJS.ProcessEnv): Promise<Engine> {
  const bundled = names.map(bundleFolder).join(", ");
  const instead = `What the image would hold is in ${bundled}: node main.mjs runs it.`;
  try {
    return containerEngine(env, instead);
  } catch (problem) {
    for (const name of names) await bundleService(name, bundleFolder(name));
    throw problem;
  }
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: checkoutDir, stdio: "inherit" }).status === 0;
}
