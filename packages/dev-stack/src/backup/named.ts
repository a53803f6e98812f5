import { BackupProblem } from "@marketmesh/backup";
import { StackProblem } from "../problem.ts";

/** Gives the refusals of a backup the shape of ours. */
export async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BackupProblem) throw new StackProblem(error.code, error.message, error.advice);
    throw error;
  }
}
