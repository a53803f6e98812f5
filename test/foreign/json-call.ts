/** What a call over plain HTTP came to. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A unary call as a script would make it: JSON by POST, with nothing but fetch. */
export async function postJson(
  url: string,
  method: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const response = await fetch(`${url}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return answerOf(response);
}

export async function answerOf(response: Response): Promise<JsonAnswer> {
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

/** The details of a Connect error, by type, as their JSON form says it. */
export function detailsIn(body: Record<string, unknown>): Record<string, unknown> {
  const details = (body.details ?? []) as { type: string; debug?: unknown }[];
  return Object.fromEntries(details.map(({ type, debug }) => [type, debug]));
}
