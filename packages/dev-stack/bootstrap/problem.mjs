/** A failure with a name and an instruction: what happened, and what the reader can do about it. */
export class SetupProblem extends Error {
  constructor(code, message, advice) {
    super(message);
    this.code = code;
    this.advice = advice;
  }
}

export function printProblem(problem) {
  process.stderr.write(`\n${problem.code}: ${problem.message}\n  What to do: ${problem.advice}\n`);
}

const SIGNS = [
  [
    /ENOSPC|no space left/i,
    "DISK_FULL",
    "the disk is full",
    "Free at least 1 GB (df -h shows where) and run the command again.",
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|META_FETCH_FAIL|NO_OFFLINE|network (request|timeout)/i,
    "OFFLINE",
    "the npm registry cannot be reached",
    "Connect to the network, or set npm_config_registry to a mirror, and run the command again.",
  ],
  [
    /EACCES|EPERM|EROFS/,
    "NO_PERMISSION",
    "a file of the checkout or of npm's cache cannot be written",
    "Run as the owner of the checkout, or set npm_config_cache to a folder you can write to.",
  ],
  [
    /OUTDATED_LOCKFILE/,
    "LOCKFILE_OUTDATED",
    "pnpm-lock.yaml does not fit the package.json files",
    "Run: npm exec --yes --package=pnpm@12.21.0 -- pnpm install, and commit pnpm-lock.yaml.",
  ],
];

/** Names a failed installation by what its output says. */
export function installProblem(output) {
  for (const [sign, code, message, advice] of SIGNS) {
    if (sign.test(output)) return new SetupProblem(code, message, advice);
  }
  return new SetupProblem(
    "INSTALL_FAILED",
    "pnpm install failed",
    "Read its output above; the last lines name the cause.",
  );
}
