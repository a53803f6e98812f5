import { fromBinary, type Message, toJson } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Envelope } from "@marketmesh/contracts/events/v1";
import { type EventEmitted, EventEmittedSchema } from "@marketmesh/contracts/fulfillment/v1";
import { registry } from "@marketmesh/contracts/registry";
import type { Json, WorkflowEvent } from "@marketmesh/workflow-engine";
import { answerJson } from "../calls/json.ts";
import type { MarketClock } from "../domain/clock.ts";

/** A fact as workflows hear it. */
export interface HeardFact {
  readonly event: WorkflowEvent;
  /** The run that emitted it; absent for facts. */
  readonly emitter?: string;
  /** When it was announced, by the clock of who announced it. */
  readonly occurMs: number;
  readonly traceparent: string;
}

/** `marketmesh.allocation.v1.OfferMade` of a packed fact. */
export function factTypeOf({ fact }: Envelope): string {
  return fact === undefined ? "" : fact.typeUrl.slice(fact.typeUrl.lastIndexOf("/") + 1);
}

/** The event of an envelope; undefined when its message is not known here. */
export function heardFact(envelope: Envelope, clock: MarketClock): HeardFact | undefined {
  const type = factTypeOf(envelope);
  const schema = registry.getMessage(type);
  if (!schema || !envelope.fact) return undefined;
  const message = fromBinary(schema, envelope.fact.value);
  const { traceparent, occurTime } = envelope;
  const told = { traceparent, occurMs: occurTime ? timestampMs(occurTime) : 0 };
  if (type === EventEmittedSchema.typeName) return { ...emitted(message as EventEmitted), ...told };
  const { service, feed, aggregateId, aggregateVersion } = envelope;
  const resource = resourceOf(message);
  const event = {
    id: `${service}/${feed}/${aggregateId}@${aggregateVersion}`,
    type,
    subject: typeof resource?.name === "string" ? resource.name : "",
    timeMs: timeOf(resource) ?? arrivalOf(envelope, clock),
    data: toJson(schema, message, answerJson) as Json,
  };
  return { event, ...told };
}

function emitted({
  event,
  type,
  subject,
  run,
  data,
  emitTime,
}: EventEmitted): Pick<HeardFact, "event" | "emitter"> {
  return {
    event: {
      id: event,
      type,
      subject,
      timeMs: emitTime ? timestampMs(emitTime) : 0,
      data: (data ?? {}) as Json,
    },
    emitter: run.slice(run.lastIndexOf("/") + 1),
  };
}

/** The aggregate of a fact: its one message field with a name. */
function resourceOf(message: Message): Resource | undefined {
  const desc = registry.getMessage(message.$typeName)!;
  const view = reflect(desc, message);
  for (const field of desc.fields) {
    if (
      field.fieldKind === "message" &&
      view.isSet(field) &&
      field.message.fields.some(({ name }) => name === "name")
    ) {
      return view.get(field).message as unknown as Resource;
    }
  }
  return undefined;
}

interface Resource {
  readonly $typeName: string;
  readonly name?: string;
  readonly [field: string]: unknown;
}

/** Where an aggregate keeps the market's time of its last change, the first that is there. Others are told by the clock. */
const timesOf: Readonly<Record<string, readonly string[]>> = {
  "marketmesh.allocation.v1.Allocation": ["createTime"],
  "marketmesh.allocation.v1.Offer": ["answerTime", "createTime"],
  "marketmesh.allocation.v1.Hold": ["settleTime", "createTime"],
  "marketmesh.allocation.v1.Clock": ["time"],
};

function timeOf(resource: Resource | undefined): number | undefined {
  const times = (timesOf[resource?.$typeName ?? ""] ?? []).map(
    (field) => resource?.[field] as Timestamp | undefined,
  );
  const time = times.find((one) => one !== undefined);
  return time && timestampMs(time);
}

function arrivalOf({ occurTime }: Envelope, clock: MarketClock): number {
  if (clock.mode === "SANDBOX") return clock.clockMs;
  return occurTime ? timestampMs(occurTime) : 0;
}
