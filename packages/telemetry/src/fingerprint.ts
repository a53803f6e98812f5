const framePattern = /^\s*at (?:async )?(?:(.+?) \()?(?:.*[\\/])?([^\\/()]+?):\d+:\d+\)?$/;
const causesMax = 8;

/**
 * What the same fault is called each time: the root cause's name, and the function and file of its top frame outside of
 * libraries. Without message, lines and paths: those vary, and a message may hold what is nobody's business.
 */
export function fingerprintOf(cause: unknown): string {
  const root = rootOf(cause);
  if (!(root instanceof Error)) return typeof root;
  const frames = (root.stack ?? "").split("\n").filter((line) => framePattern.test(line));
  const top = frames.find((line) => !/node_modules|node:/.test(line)) ?? frames[0];
  const [, fn = "", file = ""] = framePattern.exec(top ?? "") ?? [];
  return [root.name, fn, file].filter((part) => part !== "").join(" ");
}

function rootOf(cause: unknown): unknown {
  let root = cause;
  for (let depth = 0; depth < causesMax && root instanceof Error && root.cause instanceof Error; depth++) {
    root = root.cause;
  }
  return root;
}
