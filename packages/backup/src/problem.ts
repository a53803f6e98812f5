/** Why a backup can't be made or used; `code` is stable, `advice` says what to do. */
export class BackupProblem extends Error {
  override readonly name = "BackupProblem";
  readonly code: BackupProblemCode;
  readonly advice: string;

  constructor(code: BackupProblemCode, message: string, advice: string) {
    super(message);
    this.code = code;
    this.advice = advice;
  }
}

export type BackupProblemCode =
  | "BACKUP_EXISTS"
  | "BACKUP_NOT_FOUND"
  | "BACKUP_DAMAGED"
  | "BACKUP_FORMAT_NEWER"
  | "BACKUP_PRODUCT_NEWER"
  | "BACKUP_MISMATCH";

export function damaged(message: string): BackupProblem {
  return new BackupProblem("BACKUP_DAMAGED", message, "Use another backup; nothing was changed.");
}
