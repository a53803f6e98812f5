import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { serviceNames } from "../edges.ts";
import type { Invariant } from "../invariants.ts";
import { workloads } from "../rendered.ts";

/** The version of this checkout, which images of it are tagged with. */
export const version = (
  JSON.parse(readFileSync(join(checkoutDir, "package.json"), "utf8")) as { version: string }
).version;

export const imageInvariants: Readonly<Record<string, Invariant>> = {
  "every image names a version, and ours this one": (objects) => {
    const all = images(objects);
    // Migrations of a canary are of its version too.
    const tried = new Set(all.filter(({ track }) => track === "canary").map(({ image }) => image));
    return all
      .map(({ image }) => image)
      .filter((image) => {
        const [, name = "", tag = ""] = /([^/:@]+):([^/:@]+)(?:@sha256:[0-9a-f]{64})?$/.exec(image) ?? [];
        const ours = serviceNames.includes(name) && !tried.has(image);
        return ours ? tag !== version : !/^v?\d+\.\d+/.test(tag);
      });
  },
};

function images(objects: Parameters<Invariant>[0]) {
  return workloads(objects).flatMap(({ metadata, spec }) =>
    spec.template.spec.containers.map(({ image }) => ({ image, track: metadata.labels?.track })),
  );
}
