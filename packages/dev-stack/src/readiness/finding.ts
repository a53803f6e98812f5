/** What came of looking at one piece of evidence. */
export interface Finding {
  readonly ok: boolean;
  /** What was seen, or what lacks and how it comes. One line. */
  readonly evidence: string;
}

export function ok(evidence: string): Finding {
  return { ok: true, evidence };
}

export function missing(evidence: string): Finding {
  return { ok: false, evidence };
}
