import { readFileSync } from "node:fs";
import {
  EngineError,
  type ExpectedConfig,
  expectedDefaults,
  refuseBadConfig,
} from "@marketmesh/allocation-engine";
import { UsageError } from "../../usage-error.ts";

/** Reads settings of EXPECTED: a JSON object of numbers, by the names of `ExpectedConfig`. */
export function readConfig(path: string): Partial<ExpectedConfig> {
  const allowed = Object.keys(expectedDefaults);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`${path}: cannot be read as JSON (${(error as Error).message})`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`${path}: not a JSON object`);
  }
  for (const [name, setting] of Object.entries(value)) {
    if (!allowed.includes(name)) {
      throw new UsageError(`${path}: there is no setting ${name}; allowed: ${allowed.join(", ")}`);
    }
    if (typeof setting !== "number" || !Number.isFinite(setting)) {
      throw new UsageError(`${path}: ${name} is ${JSON.stringify(setting)}; allowed: a number`);
    }
  }
  try {
    refuseBadConfig({ ...expectedDefaults, ...value });
  } catch (error) {
    if (error instanceof EngineError) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
  return value as Partial<ExpectedConfig>;
}
