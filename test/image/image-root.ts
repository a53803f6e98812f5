import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUNDLED, type Bundle, bundleService } from "@marketmesh/dev-stack/image";
import { checkoutDir } from "@marketmesh/dev-stack/servers";

/** What images would hold, in one folder: Node with its libraries, and each bundle in a folder of its own instead of `/app`. */
export interface ImageRoot extends Disposable {
  /** For a test's title: how far a process in it is kept apart. */
  readonly how: string;
  readonly bundles: ReadonlyMap<string, Bundle>;
  /** On this machine, its /tmp. */
  readonly tmp: string;
  /** For a process in it, a folder of its /tmp. */
  readonly stateDir: string;
  /** Where a path of the image is on this machine. */
  onHost(path: string): string;
  /** The words of a command line that runs a bundle in it, as a user who may write to /tmp alone. */
  command(name: string, args: readonly string[]): readonly [string, ...string[]];
  /** A path for a process in it. */
  inside(path: string): string;
}

/** Numbers, as an image's USER: nobody's. */
const nobody = "65534:65534";
/** As in deploy/Dockerfile. */
const nodeArgs = ["--max-semi-space-size=16", "--max-old-space-size-percentage=60"];

// In a mount namespace of its own, which ends with the process: a root that cannot be written, with /proc, and a /tmp that can.
const confine = `
  mount --bind "$0" "$0" && mount --bind "$0.tmp" "$0/tmp" && mount -t proc proc "$0/proc" &&
  mount -o remount,bind,ro "$0" && exec chroot --userspec=${nobody} "$0" "$@"`;

/**
 * Bundles everything and lays it out. Where we may (root on a Debian that lets us mount), a process sees this folder alone, read-only, as
 * user nobody; else it runs in it as who we are, and the bundles are protected from their owner.
 */
export async function makeImageRoot(): Promise<ImageRoot> {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-image-"));
  mkdirSync(`${folder}.tmp`);
  chmodSync(`${folder}.tmp`, 0o1777);
  const confined = existsSync("/usr/bin/dpkg-query") && layOut(folder) && mayConfine(folder);
  // Two at a time: a bundler has threads of its own.
  const bundles = new Map<string, Bundle>();
  const waiting = [...BUNDLED];
  const bundleNext = async (): Promise<void> => {
    const name = waiting.shift();
    if (name === undefined) return;
    bundles.set(name, await bundleService(name, join(folder, "app", name)));
    await bundleNext();
  };
  await Promise.all([bundleNext(), bundleNext()]).catch((cause) => {
    rmSync(folder, { recursive: true });
    rmSync(`${folder}.tmp`, { recursive: true });
    throw cause;
  });
  mkdirSync(join(folder, "etc", "marketmesh"), { recursive: true });
  cpSync(join(import.meta.dirname, "small.yaml"), join(folder, "etc", "marketmesh", "small.yaml"));
  protect(join(folder, "app"));
  const inside = (path: string) => (confined ? path : join(folder, path));
  return {
    how: confined ? "alone with its root, as nobody" : "beside this machine's files, as who runs the test",
    bundles,
    tmp: `${folder}.tmp`,
    stateDir: confined ? "/tmp/state" : join(`${folder}.tmp`, "state"),
    onHost: (path) => join(folder, path),
    inside,
    command(name, args) {
      const words = [...nodeArgs, inside(`/app/${name}/main.mjs`), ...args];
      return confined ? confinedCommand(folder, words) : [process.execPath, ...words];
    },
    [Symbol.dispose]() {
      protect(join(folder, "app"), 0o755);
      rmSync(folder, { recursive: true });
      rmSync(`${folder}.tmp`, { recursive: true });
    },
  };
}

function confinedCommand(folder: string, nodeWords: readonly string[]): [string, ...string[]] {
  return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", confine, folder, "/usr/bin/node", ...nodeWords];
}

function mayConfine(folder: string): boolean {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/unshare")) return false;
  const [command, ...words] = confinedCommand(folder, ["--version"]);
  return spawnSync(command, words).status === 0;
}

function layOut(folder: string): true {
  const script = join(checkoutDir, "deploy", "image-root.sh");
  const { status, stderr } = spawnSync("sh", [script, process.execPath, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`image-root.sh ended with ${status}: ${stderr}`);
  mkdirSync(join(folder, "proc"));
  chmodSync(folder, 0o755);
  return true;
}

/** Nobody may write: not even its owner, who this test may be. */
function protect(folder: string, folderMode = 0o555): void {
  chmodSync(folder, folderMode);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, entry.isDirectory() ? folderMode : 0o444);
  }
}
