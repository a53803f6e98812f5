import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Folder } from "./hcl.ts";
import { renderProblem, testResult } from "./helm-releases.ts";
import { checksOf, openWorkplace, terraform, type Workplace } from "./run-terraform.ts";

/** On a machine that does ten things at once, a provider takes its time to start. */
const runMs = 180_000;

/** A test for each folder whose providers are wanted: `init`, `validate`, and `test` where it has tests; charts of ours take what releases give them. */
export function checkFolders(
  folders: ReadonlyMap<string, Folder>,
  wanted: (providers: ReadonlySet<string>) => boolean,
): void {
  describe("terraform", () => {
    let place: Workplace;
    beforeAll(() => {
      if (terraform) place = openWorkplace();
    });
    afterAll(() => place?.[Symbol.dispose]());

    for (const { path, title, left, hasTests, hasReleases } of checksOf(folders, wanted)) {
      test.skipIf(left)(title, { timeout: runMs }, async () => {
        await place.init(path);
        // A module's own tests load it as validate does; an environment is validated by name.
        if (!hasTests || path.startsWith("environments/")) await place.run(path, "validate", "-no-color");
        if (!hasTests) return;
        // Of the others it would print the whole schema of the provider, run by run.
        const { passed, releases } = testResult(
          await place.run(path, "test", "-json", ...(hasReleases ? ["-verbose"] : [])),
        );
        expect(passed).toBeGreaterThan(0);
        for (const release of releases) expect(renderProblem(release), release.name).toBeUndefined();
      });
    }
  });
}
