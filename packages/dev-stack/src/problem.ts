/** A failure with a name and an instruction, printed as `CODE: message` and what to do. Never a stack. */
export class StackProblem extends Error {
  readonly code: string;
  readonly advice: string;

  constructor(code: string, message: string, advice: string) {
    super(message);
    this.name = "StackProblem";
    this.code = code;
    this.advice = advice;
  }

  override toString(): string {
    return `${this.code}: ${this.message}\n  What to do: ${this.advice}`;
  }
}

/** Names what the operating system refused; anything unknown is given back as it is. */
export function namedProblem(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC") return diskFull();
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    const advice =
      "Run as the owner of the checkout, or set MARKETMESH_STATE_DIR to a folder you can write to.";
    return new StackProblem("NO_PERMISSION", (error as Error).message, advice);
  }
  return error;
}

export function diskFull(): StackProblem {
  return new StackProblem(
    "DISK_FULL",
    "the disk is full",
    "Free at least 2 GB (df -h shows where) and start again.",
  );
}
