/** The etag of a resource is its version, quoted as HTTP does. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** Whether what the caller read is still current. An empty etag asks for no check. */
export function isFresh(etag: string, version: number): boolean {
  return etag === "" || etag === etagOf(version);
}
