import { durationMs } from "@bufbuild/protobuf/wkt";
import { type AnswerBehaviour, AnswerBehaviour_Kind } from "@marketmesh/contracts/allocation/v1";
import type { Behaviour, Yes } from "@marketmesh/simulator";
import type { Real } from "./real-store.ts";

const memorySecondsDefault = 10 * 86_400;

/** As described; or independently, as often as people said yes and nothing in reality, 0.5 where nobody was asked. */
export function behaviourOf(described: AnswerBehaviour | undefined, real: Real): Behaviour {
  const noShow = described?.noShow ?? 0;
  if (described && described.kind !== AnswerBehaviour_Kind.UNSPECIFIED) {
    return { yes: yesOf(described), silence: described.silence, noShow };
  }
  const answered = real.taken + real.declined;
  const ended = answered + real.silent;
  const probability = answered === 0 ? 0.5 : real.taken / answered;
  const silence = described?.silence || (ended === 0 ? 0 : real.silent / ended);
  return { yes: { kind: "INDEPENDENT", probability }, silence, noShow };
}

function yesOf(described: AnswerBehaviour): Yes {
  const { kind, probability, slope, fallPerOffer, lastProbability } = described;
  const memory = described.memory ? durationMs(described.memory) / 1_000 : memorySecondsDefault;
  switch (kind) {
    case AnswerBehaviour_Kind.BY_SCORE:
      return { kind: "BY_SCORE", probability, slope };
    case AnswerBehaviour_Kind.CONGESTED:
      return { kind: "CONGESTED", probability, fallPerOffer, memory };
    case AnswerBehaviour_Kind.DRIFTING:
      return { kind: "DRIFTING", probability, lastProbability, over: memory };
    default:
      return { kind: "INDEPENDENT", probability };
  }
}
