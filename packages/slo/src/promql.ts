/** Alternatives of a regular expression, each taken literally. */
export function anyOf(words: readonly string[]): string {
  return words.map((word) => word.replace(/[.*+?^${}()|[\]]/g, "[$&]")).join("|");
}

/**
 * Matches these methods of one or several proto services: `method=~"a[.]v1[.]S/(Get|List)"`. The names of one proto service are
 * gathered, since rules repeat the matcher often.
 */
export function methodMatcher(methods: readonly string[]): string {
  const byService = new Map<string, string[]>();
  for (const method of methods) {
    const slash = method.indexOf("/");
    const service = method.slice(0, slash);
    byService.set(service, [...(byService.get(service) ?? []), method.slice(slash + 1)]);
  }
  const parts = [...byService].map(([service, names]) => `${anyOf([service])}/(${anyOf(names)})`);
  return `method=~"${parts.join("|")}"`;
}

/** The bucket of a bound; a whole number of seconds is `1.0` when OpenMetrics was scraped, else `1`. */
export function secondsBound(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  return Number.isInteger(seconds) ? `le=~"${seconds}([.]0)?"` : `le="${seconds}"`;
}
