/** When a signing key is published and signs. */
export interface ScheduledKey {
  readonly id: string;
  readonly publishTime: Date;
  readonly signTime: Date;
}

/** Durations in milliseconds. */
export interface SchedulePolicy {
  /** How long a key signs before the next takes over. */
  readonly rotateMs: number;
  /** How long a key is published before it signs: two refreshes of verifiers. */
  readonly publishAheadMs: number;
  /** How long a key stays published after the next took over: the life of a token and the skew of clocks. */
  readonly keepMs: number;
}

export interface SchedulePlan {
  /** A key to be made now, or none. */
  readonly make?: { readonly publishTime: Date; readonly signTime: Date };
  /** Keys that no valid token is signed with any more. */
  readonly drop: readonly string[];
}

/** What is to be done with the keys at this moment. The first key of all signs at once: there is no other. */
export function planKeys(keys: readonly ScheduledKey[], now: Date, policy: SchedulePolicy): SchedulePlan {
  const last = ordered(keys).at(-1);
  const drop = keys.filter((key) => !isPublished(key, keys, now, policy)).map((key) => key.id);
  if (!last) return { make: { publishTime: now, signTime: now }, drop };
  const nextSignMs = last.signTime.getTime() + policy.rotateMs;
  if (now.getTime() < nextSignMs - policy.publishAheadMs) return { drop };
  const signMs = Math.max(nextSignMs, now.getTime() + policy.publishAheadMs);
  return { make: { publishTime: now, signTime: new Date(signMs) }, drop };
}

/** The key that signs now: the latest whose time has come. */
export function signingKeyAt<Key extends ScheduledKey>(keys: readonly Key[], now: Date): Key | undefined {
  return ordered(keys).findLast((key) => key.signTime <= now);
}

/** The keys that verifiers shall know now, the oldest first. */
export function publishedKeysAt<Key extends ScheduledKey>(
  keys: readonly Key[],
  now: Date,
  policy: SchedulePolicy,
): readonly Key[] {
  return ordered(keys).filter((key) => isPublished(key, keys, now, policy));
}

function isPublished(
  key: ScheduledKey,
  keys: readonly ScheduledKey[],
  now: Date,
  { keepMs }: SchedulePolicy,
): boolean {
  const successor = ordered(keys).find((other) => comesBefore(key, other));
  return !successor || now.getTime() < successor.signTime.getTime() + keepMs;
}

function ordered<Key extends ScheduledKey>(keys: readonly Key[]): Key[] {
  return [...keys].sort((a, b) => (comesBefore(a, b) ? -1 : 1));
}

// Two replicas can't make keys at once, but equal times must not make the order depend on the array's.
function comesBefore(a: ScheduledKey, b: ScheduledKey): boolean {
  const difference = a.signTime.getTime() - b.signTime.getTime();
  return difference < 0 || (difference === 0 && a.id < b.id);
}
