import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Folder } from "./hcl.ts";
import { renderProblem, testResult } from "./helm-releases.ts";
import { checksOf, openWorkplace, terraform, type Workplace } from "./run-terraform.ts";

/** Tests of the folders whose providers are wanted: `init`, then `test`, or `validate` where there are none; charts of ours take what releases give them. */
export function checkFolders(
  folders: ReadonlyMap<string, Folder>,
  wanted: (providers: ReadonlySet<string>) => boolean,
): void {
  describe("terraform", () => {
    let place: Workplace;
    beforeAll(async () => {
      if (terraform) place = await openWorkplace();
    });
    afterAll(() => place?.[Symbol.dispose]());

    for (const { path, together, title, left, runs, hasReleases } of checksOf(folders, wanted)) {
      test.skipIf(left)(title, async ({ signal }) => {
        if (together.length > 0) place.gather(path, together);
        await place.init(signal, path);
        // Tests load what they are about as validate does.
        if (runs === 0) return void (await place.run(signal, path, "validate", "-no-color"));
        // Of the others it would print the whole schema of the provider, run by run.
        const { passed, releases } = testResult(
          await place.run(signal, path, "test", "-json", ...(hasReleases ? ["-verbose"] : [])),
        );
        expect(passed).toBe(runs);
        for (const release of releases) expect(renderProblem(release), release.name).toBeUndefined();
      });
    }
  });
}
