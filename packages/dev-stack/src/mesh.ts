// For programs that run a whole mesh of their own: benches, end-to-end tests.
export { Mesh, type MeshOptions } from "./supervisor/mesh.ts";
export { SERVICES, type ServiceEntry } from "./supervisor/service-table.ts";
