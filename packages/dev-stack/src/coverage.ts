import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

/** Percent of its lines that a service's tests must run more than; the product as a whole too. */
export const COVERAGE_MIN = 80;

/** What vitest's json-summary says of one file; `total` beside the files is left out. */
interface FileSummary {
  readonly lines: { readonly total: number; readonly covered: number };
}

/** Lines of a package or service. */
export interface Covered {
  /** `services/catalog`; `all` for the whole. */
  readonly owner: string;
  readonly total: number;
  readonly covered: number;
}

/** Adds a coverage summary up by package and service, the whole last. Empty when there is no summary. */
export function coverageByOwner(summaryPath: string, checkout: string): Covered[] {
  if (!existsSync(summaryPath)) return [];
  const files = JSON.parse(readFileSync(summaryPath, "utf8")) as Record<string, FileSummary>;
  const byOwner = new Map<string, Covered>();
  for (const [path, { lines }] of Object.entries(files)) {
    if (path === "total") continue;
    const own = relative(checkout, path).split("/").slice(0, 2).join("/");
    for (const owner of [own, "all"]) {
      const { total, covered } = byOwner.get(owner) ?? { total: 0, covered: 0 };
      byOwner.set(owner, { owner, total: total + lines.total, covered: covered + lines.covered });
    }
  }
  const rank = ({ owner }: Covered) => (owner === "all" ? `~${owner}` : owner);
  return [...byOwner.values()].sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
}

/** In percent. */
export function percentOf({ total, covered }: Covered): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

/** Services, and the whole, whose tests run too few lines. Packages are told, and counted in the whole. */
export function tooLittle(all: readonly Covered[]): Covered[] {
  return all.filter(
    (one) => (one.owner === "all" || one.owner.startsWith("services/")) && !(percentOf(one) > COVERAGE_MIN),
  );
}

/** One line per package and service. */
export function coverageTable(all: readonly Covered[]): string {
  return all
    .map((one) => {
      const figure = `${percentOf(one).toFixed(1).padStart(5)} %`;
      return `  ${one.owner.padEnd(32)} ${figure}  ${one.covered} of ${one.total} lines`;
    })
    .join("\n");
}
