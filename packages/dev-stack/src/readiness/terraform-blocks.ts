import type { TerraformBlock } from "./evidence.ts";

/** The blocks of every .tf file of a folder. */
export async function terraformBlocks(_folder: string): Promise<readonly TerraformBlock[]> {
  throw new Error("there is no terraform yet");
}
