import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What to try next, ready to paste into a shell that stands in the checkout; only programs that are installed. */
export function nextCommands(endpoints: Readonly<Record<string, string>>, market: string): string[] {
  const token = '"authorization: Bearer $(npx marketmesh token)"';
  const getMarket = `marketmesh.identity.v1.IdentityService/GetMarket`;
  const listAllocations = `marketmesh.allocation.v1.AllocationService/ListAllocations`;
  const first = (service: string) => endpoints[service]?.split(",")[0];
  return [
    jsonCall(`${first("identity")}/${getMarket}`, { name: `markets/${market}` }, token),
    `npx buf curl --protocol grpc --http2-prior-knowledge --header ${token} --data '${JSON.stringify({ parent: `markets/${market}`, pageSize: 2 })}' ${first("allocation")}/${listAllocations}`,
    `npx marketmesh export allocations --market ${market} | head -n 3`,
    `npx marketmesh runs list --market ${market} | head -n 3`,
    "npx marketmesh report",
    "npx marketmesh status",
  ];
}

function jsonCall(url: string, body: object, token: string): string {
  const data = `'${JSON.stringify(body)}'`;
  return onPath("curl")
    ? `curl -s -H "content-type: application/json" -H ${token} -d ${data} ${url}`
    : `npx buf curl --header ${token} --data ${data} ${url}`;
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
