export { type BackUpOptions, backUp } from "./back-up.ts";
export { type DatabasePart, type FilePart, fingerprintOf, type Manifest, readManifest } from "./manifest.ts";
export { BackupProblem } from "./problem.ts";
export { checkMigrations, type RestoreTarget, restoreDatabase } from "./restore-database.ts";
export type { Source } from "./snapshot.ts";
export { verifyBackup } from "./verify.ts";
