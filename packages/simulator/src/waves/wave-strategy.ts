import type { Residual, SparseGraph } from "@marketmesh/allocation-engine";

/** What was offered in a wave and what came back, side by side. */
export interface WaveAnswers {
  readonly edges: Uint32Array;
  /** 1 where the offer was accepted. */
  readonly accepted: Uint8Array;
}

/**
 * Says what to offer, wave after wave. It sees what is left and what was answered, never the oracle. One object plays one run: it may
 * keep what it learned.
 */
export interface WaveStrategy {
  /**
   * Edges to offer in this wave: each asked for the first time, at most one per free supply, at most as many per demand as it has open
   * openings. Empty: nothing now; a run ends where nothing is offered, nobody is still to come and the strategy does not wait.
   */
  offer(graph: SparseGraph, residual: Residual, answers: WaveAnswers): Uint32Array;
  /** Whether it may offer nothing now and something later, though nobody comes in between. */
  readonly waits?: boolean;
}
