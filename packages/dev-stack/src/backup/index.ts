export { type BackUpMeshOptions, backUpMesh } from "./back-up-mesh.ts";
export { type RestoreMeshOptions, restoreMesh } from "./restore-mesh.ts";
