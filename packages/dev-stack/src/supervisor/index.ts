export { Mesh, type MeshOptions, type MeshProcess } from "./mesh.ts";
export type { Replicas } from "./replicas.ts";
export { RESTART_POLICY, type RestartPolicy } from "./restart-policy.ts";
export { SERVICES, type ServiceEntry } from "./service-table.ts";
