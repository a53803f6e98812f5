const partitionsCount = 16;

/** Names at the broker, all under one namespace, so that tests and checkouts can share a server. */
export interface Names {
  stream(service: string): string;
  /** Everything that a service announces. */
  subjects(service: string): string;
  /** One feed of a service; several need the whole (a 2.9 server filters a consumer by one subject). */
  filter(service: string, feeds: readonly string[]): string;
  /** A stream for ever, outside of what a service announces: whoever deletes the mesh's streams by subject passes it by. */
  kept(name: string): { readonly stream: string; readonly subject: string };
  /** Where one envelope goes. */
  subject(service: string, feed: string, bucket: number): string;
}

export function namesOf(namespace: string): Names {
  const root = (service: string) => `${namespace}.${service}.v1`;
  const stream = (of: string) => `${namespace}_${of}`.toUpperCase().replace(/[^A-Z0-9_-]/g, "_");
  return {
    stream,
    kept: (name) => ({ stream: stream(name), subject: `${namespace}_${name}` }),
    subjects: (service) => `${root(service)}.>`,
    filter: (service, feeds) =>
      feeds.length === 1 ? `${root(service)}.${feeds[0]}.>` : `${root(service)}.>`,
    subject: (service, feed, bucket) => `${root(service)}.${feed}.${bucket % partitionsCount}`,
  };
}
