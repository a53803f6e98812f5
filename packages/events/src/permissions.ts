import { namesOf } from "./names.ts";

/** What one service does at the broker. */
export interface BrokerRole {
  readonly service: string;
  /** The services whose feeds it follows, each process by a consumer of its own. */
  readonly follows: readonly string[];
  /** Its durable subscriptions. */
  readonly works: readonly { readonly service: string; readonly subscription: string }[];
  /** The streams that it keeps for ever; see `Events.kept`. */
  readonly keeps?: readonly string[];
}

/** Subjects that a user of the broker may publish to and subscribe to, as in nats-server's `permissions`. */
export interface BrokerPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * The least that a service's user needs: its own subjects and stream, consumers on the streams that it listens to, and an
 * inbox that nobody else may read. A follower's consumer has a name by chance, so that followers may ask any consumer of that
 * stream; what they take from a durable one without acknowledging comes again.
 */
export function permissionsOf(role: BrokerRole, namespace = "marketmesh"): BrokerPermissions {
  const names = namesOf(namespace);
  const own = names.stream(role.service);
  const publish = [
    names.subjects(role.service),
    ...manageOf(own),
    ...role.follows.flatMap((service) => followerOf(names.stream(service))),
    ...role.works.flatMap(({ service, subscription }) =>
      workerOf(names.stream(service), `${role.service}_${subscription}`),
    ),
  ];
  for (const { stream, subject } of (role.keeps ?? []).map((name) => names.kept(name))) {
    // To read it at each start it makes a consumer, as a follower does, and takes that away. The stream it may not touch.
    publish.push(subject, ...manageOf(stream), ...followerOf(stream), `$JS.API.CONSUMER.DELETE.${stream}.*`);
  }
  return { publish: [...new Set(publish)].sort(), subscribe: [`${inboxOf(role.service)}.>`] };
}

/** Where the broker answers a service: apart from others, who may not listen there. */
export function inboxOf(service: string): string {
  return `_INBOX.${service}`;
}

function manageOf(stream: string): string[] {
  return ["INFO", "CREATE", "UPDATE"].map((verb) => `$JS.API.STREAM.${verb}.${stream}`);
}

function followerOf(stream: string): string[] {
  return [
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  ];
}

function workerOf(stream: string, durable: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    // The auditor looks whether a message is still there.
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${durable}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
    // What newer servers write: with domain and account.
    `$JS.ACK.*.*.${stream}.${durable}.>`,
  ];
}
