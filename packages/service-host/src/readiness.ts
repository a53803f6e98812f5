/** Whether this process can serve: every named check passes and it is not about to stop. */
export interface Readiness {
  add(name: string, check: () => boolean): void;
  /** The names of the checks that fail; empty when ready. */
  failing(): readonly string[];
  /** From now on never ready. */
  stop(): void;
}

export function readiness(): Readiness {
  const checks = new Map<string, () => boolean>();
  return {
    add(name, check) {
      if (checks.has(name)) throw new Error(`there is a readiness check ${name} already`);
      checks.set(name, check);
    },
    failing: () => [...checks].filter(([, check]) => !passes(check)).map(([name]) => name),
    stop: () => checks.set("draining", () => false),
  };
}

function passes(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
