import type { WholeMesh } from "../support/whole-mesh.ts";

/** The databases of a mesh as the superuser reaches them, by service. */
export function databasesOf(
  mesh: WholeMesh,
  adminUrl: string,
): { readonly service: string; readonly url: string }[] {
  return [...mesh.services].flatMap(([service, { host }]) => {
    const own = host.env.DATABASE_URL;
    if (own === undefined) return [];
    const url = new URL(adminUrl);
    url.pathname = new URL(own).pathname;
    return [{ service, url: url.href }];
  });
}
