/** A check before, beside or after the tests; says what it found and answers whether all is well. */
export interface Step {
  readonly name: string;
  run(say: Say): boolean | Promise<boolean>;
}

/** Takes text as it comes, whole lines or not. */
export type Say = (text: string) => void;

/** Runs steps at once. Each one's output is printed when it ends, before the line that says how; answers with those that failed. */
export async function failing(steps: readonly Step[]): Promise<Step[]> {
  const ends = await Promise.all(steps.map(printed));
  return steps.filter((_, at) => ends[at] === false);
}

async function printed(step: Step): Promise<boolean> {
  const started = performance.now();
  const said: string[] = [];
  const ok = await succeeds(step, (text) => said.push(text));
  const output = said.join("").trimEnd();
  process.stdout.write(`${output}${output === "" ? "" : "\n"}${stepLine(step.name, ok, started)}\n`);
  return ok;
}

/** A check that cannot even be made, such as on a file that does not parse, has failed. */
async function succeeds(step: Step, say: Say): Promise<boolean> {
  try {
    return await step.run(say);
  } catch (error) {
    say(`${error instanceof Error && error.name !== "StackProblem" ? error.message : String(error)}\n`);
    return false;
  }
}

/** How a step ended and how long it took, since `started` of `performance.now()`. */
export function stepLine(name: string, ok: boolean, started: number): string {
  return `${ok ? "ok  " : "FAIL"} ${name.padEnd(16)} ${((performance.now() - started) / 1_000).toFixed(1)} s`;
}
