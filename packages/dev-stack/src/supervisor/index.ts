export { Mesh, type MeshOptions } from "./mesh.ts";
export { SERVICES, type ServiceEntry } from "./service-table.ts";
