/** Says yes at most so many times a second; as many may come at once. */
export function tokenBucket(perSecond: number, nowMs: () => number): () => boolean {
  let tokens = perSecond;
  let filledMs = nowMs();
  return () => {
    if (tokens < 1) {
      const now = nowMs();
      tokens = Math.min(perSecond, tokens + ((now - filledMs) / 1_000) * perSecond);
      filledMs = now;
      if (tokens < 1) return false;
    }
    tokens -= 1;
    return true;
  };
}
