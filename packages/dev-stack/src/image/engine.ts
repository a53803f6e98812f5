import { spawnSync } from "node:child_process";
import { StackProblem } from "../problem.ts";

/** A program that builds images, and that answers. */
export type Engine = (typeof ENGINES)[number];

const ENGINES = ["docker", "podman", "buildah"] as const;
const answerMs = 15_000;

/**
 * The first of docker, podman and buildah that answers: a client whose daemon is away is none.
 *
 * Throws NO_CONTAINER_ENGINE, which tells of each what is wrong with it.
 */
export function containerEngine(env: NodeJS.ProcessEnv, instead: string): Engine {
  const findings: string[] = [];
  for (const engine of ENGINES) {
    const wrong = whatIsWrong(engine, env);
    if (wrong === undefined) return engine;
    findings.push(`${engine} ${wrong}`);
  }
  const advice = `Start docker's daemon, or install podman or buildah (Debian: apt-get install podman). ${instead}`;
  throw new StackProblem("NO_CONTAINER_ENGINE", `nothing here builds images: ${findings.join("; ")}`, advice);
}

function whatIsWrong(engine: Engine, env: NodeJS.ProcessEnv): string | undefined {
  const { status, error, stderr } = spawnSync(engine, ["info"], {
    env,
    encoding: "utf8",
    timeout: answerMs,
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status === 0) return undefined;
  const code = error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "is not installed";
  if (code === "ETIMEDOUT") return `does not answer within ${answerMs / 1_000} s`;
  const said = (stderr ?? "").trim().split("\n").at(-1)?.slice(0, 200) || `ended with ${status}`;
  return `is installed but does not work (${said})`;
}
