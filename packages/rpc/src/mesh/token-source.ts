/** Where a client gets its own token. */
export interface TokenSource {
  /** A token for the audience that lives for some time yet; without waiting where one is at hand. */
  token(audience: string): string | Promise<string>;
}

/** A token as it was issued. */
export interface IssuedToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

interface Slot {
  current?: IssuedToken & { readonly refreshAtMs: number };
  pending?: Promise<string> | undefined;
}

/** After a failed refresh, while the token still lives. */
const retryMs = 1_000;

/**
 * Keeps one token per audience and renews it in the background once four fifths of its life are over, so that calls don't
 * wait and a short absence of the issuer goes unnoticed.
 */
export function cachedTokens(
  issue: (audience: string) => Promise<IssuedToken>,
  nowMs: () => number,
): TokenSource {
  const slots = new Map<string, Slot>();

  function renew(audience: string, slot: Slot): Promise<string> {
    slot.pending ??= issue(audience)
      .then((issued) => {
        const lifeMs = issued.expiresAtMs - nowMs();
        slot.current = { ...issued, refreshAtMs: nowMs() + lifeMs * 0.8 };
        return issued.token;
      })
      .catch((cause) => {
        if (slot.current) slot.current = { ...slot.current, refreshAtMs: nowMs() + retryMs };
        throw cause;
      })
      .finally(() => {
        slot.pending = undefined;
      });
    return slot.pending;
  }

  return {
    token(audience) {
      const slot = slots.get(audience) ?? {};
      slots.set(audience, slot);
      const { current } = slot;
      if (!current || current.expiresAtMs <= nowMs()) return renew(audience, slot);
      if (current.refreshAtMs <= nowMs()) renew(audience, slot).catch(() => {});
      return current.token;
    },
  };
}
