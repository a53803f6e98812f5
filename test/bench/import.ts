import { importListings } from "@marketmesh/cli/job/import-listings";
import type { BenchMesh } from "./bench-mesh.ts";
import { emit, median, say } from "./figure.ts";
import { skillRows } from "./skill-rows.ts";
import { applySkillsMarket, skillsPack } from "./skills-market.ts";

const rows = 20_000;

/** Rows a second through the client stream: validated, stored, announced in the outbox; then the same rows unchanged. */
export async function importSuite(mesh: BenchMesh): Promise<void> {
  const fresh: number[] = [];
  const unchanged: number[] = [];
  for (const market of ["import-1", "import-2", "import-3"]) {
    await applySkillsMarket(mesh, market);
    fresh.push(await rowsPerSecond(mesh, market, "first"));
    unchanged.push(await rowsPerSecond(mesh, market, "again"));
    say(
      `${market}: ${Math.round(fresh.at(-1)!)} rows/s new, ${Math.round(unchanged.at(-1)!)} rows/s unchanged`,
    );
  }
  emit({
    suite: "import",
    metric: "rows_new",
    value: median(fresh),
    unit: "rows/s",
    better: "higher",
    aim: 5_000,
  });
  emit({
    suite: "import",
    metric: "rows_unchanged",
    value: median(unchanged),
    unit: "rows/s",
    better: "higher",
    aim: 5_000,
    baseline: median(fresh),
  });
  emit({
    suite: "import",
    metric: "catalog_peak_rss",
    value: (mesh.peakRss().catalog ?? 0) / 1_048_576,
    unit: "MiB",
    better: "lower",
    aim: 512,
  });
}

async function rowsPerSecond({ clients }: BenchMesh, market: string, importId: string): Promise<number> {
  const startMs = performance.now();
  await importListings(clients, market, importId, skillsPack().plan.supply, skillRows("supply", rows));
  return rows / ((performance.now() - startMs) / 1_000);
}
