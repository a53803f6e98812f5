import type { TerraformCheck } from "../check.ts";
import type { Evidence } from "../evidence.ts";
import { expectAt } from "../expect.ts";
import { type Finding, missing } from "../finding.ts";

/** At least one block of the type must hold what is expected; where there are several, the last complaint is told. */
export async function terraformFinding(
  { terraform, in: folder, at, ...expected }: TerraformCheck,
  evidence: Evidence,
): Promise<Finding> {
  const blocks = await evidence.terraform(folder);
  if (blocks instanceof Error) return missing(blocks.message);
  let finding = missing(`terraform/${folder} has no ${terraform}`);
  for (const { name, body } of blocks.filter(({ type }) => type === terraform)) {
    finding = expectAt(body, at, expected, `terraform/${folder} ${terraform}.${name}`);
    if (finding.ok) return finding;
  }
  return finding;
}
