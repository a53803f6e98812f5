import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { PolicyCreatedSchema, PolicyUpdatedSchema } from "@marketmesh/contracts/eligibility/v1";
import type { Announcement } from "@marketmesh/events";
import type { Policy } from "../domain/policy.ts";
import { toPolicyMessage } from "../rpc/policy-message.ts";

/** What is announced of a policy that was created. */
export function policyCreated(policy: Policy): Announcement {
  return announcement(policy, PolicyCreatedSchema, { policy: toPolicyMessage(policy) });
}

/** What is announced of a policy that got a new version. */
export function policyUpdated(policy: Policy): Announcement {
  return announcement(policy, PolicyUpdatedSchema, { policy: toPolicyMessage(policy) });
}

function announcement<D extends DescMessage>(
  { market, id, version }: Policy,
  schema: D,
  init: MessageInitShape<D>,
): Announcement {
  return { market, feed: "policy", aggregateId: id, version, fact: anyPack(schema, create(schema, init)) };
}
