import { Code, ConnectError } from "@connectrpc/connect";
import { TokenService } from "@marketmesh/contracts/identity/v1";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { callerOf } from "@marketmesh/rpc";
import { start } from "@marketmesh/service-host";
import { startTestIssuer } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import { chunks, connect, items, reasonOf } from "./index.ts";

const unserved = () => {
  throw new ConnectError("not here", Code.Unimplemented);
};

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of source) found.push(each);
  return found;
}

test("an API key is exchanged by itself, once for many calls", async () => {
  await using issuer = await startTestIssuer();
  await using service = await start(
    "testing",
    (host) =>
      host.serve(EchoService, {
        echo: (_, context) => ({ text: callerOf(context).principal }),
        echoPublic: ({ text }) => ({ text }),
        write: unserved,
        collect: unserved,
        tick: unserved,
      }),
    { MESH_IDENTITY_URL: issuer.url },
  );
  using mesh = connect({
    endpoints: { identity: issuer.url, testing: service.url },
    apiKey: "serviceAccounts/importer",
  });
  const echo = mesh.client(EchoService);
  const answers = await Promise.all(Array.from({ length: 5 }, () => echo.echo({ name: "markets/berlin" })));
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(["serviceAccounts/importer"]));
  expect(await mesh.token()).toBe(await mesh.token());

  using anonymous = connect({ endpoints: { testing: service.url } });
  expect(await anonymous.client(EchoService).echoPublic({ text: "hi" })).toMatchObject({ text: "hi" });
  const refused = await anonymous
    .client(EchoService)
    .echo({ name: "markets/berlin" })
    .catch(ConnectError.from);
  expect(reasonOf(refused)).toBe("TOKEN_MISSING");
  expect(() => anonymous.catalog).toThrow("names no URL of catalog");
});

test("a token is delegated with one's own token, and a key is exchanged without", async () => {
  await using issuer = await startTestIssuer();
  const exchanges: (string | null)[] = [];
  await using identity = await start(
    "identity",
    (host) =>
      host.serve(TokenService, {
        exchangeToken: (_, { requestHeader }) => {
          exchanges.push(requestHeader.get("authorization"));
          return { accessToken: { token: "exchanged" } };
        },
        delegateToken: (_, context) => ({ accessToken: { token: `by ${callerOf(context).principal}` } }),
        listSigningKeys: unserved,
      }),
    { MESH_IDENTITY_URL: issuer.url },
  );
  const token = await issuer.testToken({ principal: "users/ann" });
  using mesh = connect({ endpoints: { identity: identity.url }, token });
  const delegated = await mesh.tokens.delegateToken({ party: "markets/berlin/parties/ann" });
  expect(delegated.accessToken?.token).toBe("by users/ann");
  const grant = { case: "apiKey", value: "k" } as const;
  expect((await mesh.tokens.exchangeToken({ grant })).accessToken?.token).toBe("exchanged");
  expect(exchanges).toEqual([null]);
});

test("a list is read page after page, and no further than needed", async () => {
  const asked: string[] = [];
  const list = async (pageToken: string) => {
    asked.push(pageToken);
    const from = Number(pageToken || "0");
    return { numbers: [from, from + 1], nextPageToken: from < 4 ? String(from + 2) : "" };
  };
  expect(await all(items(list, ({ numbers }) => numbers))).toEqual([0, 1, 2, 3, 4, 5]);
  asked.length = 0;
  for await (const number of items(list, (page) => page.numbers)) if (number === 1) break;
  expect(asked).toEqual([""]);
});

test("a list that does not move on is noticed", async () => {
  const list = async () => ({ nextPageToken: "same" });
  await expect(all(items(list, () => [1]))).rejects.toThrow("does not move on");
});

test("an upload is cut by count and by size, and nothing is lost or reordered", async () => {
  expect(await all(chunks([1, 2, 3, 4, 5], { countMax: 2 }))).toEqual([
    { first: 1, items: [1, 2] },
    { first: 3, items: [3, 4] },
    { first: 5, items: [5] },
  ]);
  const sized = await all(chunks([3, 3, 9, 1], { bytesMax: 6, sizeOf: (size) => size }));
  expect(sized.map(({ items: each }) => each)).toEqual([[3, 3], [9], [1]]);
  expect(await all(chunks([]))).toEqual([]);
});
