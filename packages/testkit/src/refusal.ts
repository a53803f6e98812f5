import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, RetryInfoSchema } from "@marketmesh/contracts/google/rpc";
import { codeName, infoOf } from "@marketmesh/rpc";

/** What a refused call said, part by part. Rejects when the call was not refused. */
export async function refusalOf(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof ConnectError)) throw new Error(`the call was not refused: ${error}`);
  const { reason, domain, metadata } = infoOf(error) ?? {};
  return {
    code: Code[error.code],
    ...{ reason, domain, metadata },
    fields: error
      .findDetails(BadRequestSchema)
      .flatMap((detail) => detail.fieldViolations.map(({ field }) => field)),
    retries: error.findDetails(RetryInfoSchema).length > 0,
  };
}

/** The same as a line: `NOT_FOUND LISTING_NOT_FOUND`; without a reason the message. */
export async function refusalLine(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return `${codeName(error.code)} ${infoOf(error)?.reason ?? error.message}`;
  }
  return "was not refused";
}
