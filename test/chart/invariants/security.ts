import type { Invariant } from "../invariants.ts";
import { ofKind, workloads } from "../rendered.ts";

export const securityInvariants: Readonly<Record<string, Invariant>> = {
  "every pod runs as a user that is not root, under seccomp": (objects) =>
    workloads(objects).flatMap(({ metadata, spec }) => {
      const { runAsNonRoot, runAsUser = 0, seccompProfile } = spec.template.spec.securityContext ?? {};
      const ok = runAsNonRoot === true && runAsUser > 0 && seccompProfile?.type === "RuntimeDefault";
      return ok ? [] : [metadata.name];
    }),

  "every container has a read-only root, no capability and /tmp in memory of the node": (objects) =>
    workloads(objects).flatMap(({ metadata, spec }) =>
      spec.template.spec.containers.flatMap(({ name, securityContext, volumeMounts = [] }) => {
        const { readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities } = securityContext ?? {};
        const closed =
          readOnlyRootFilesystem === true &&
          allowPrivilegeEscalation === false &&
          capabilities?.drop?.includes("ALL") === true;
        const tmp = volumeMounts.find(({ mountPath }) => mountPath === "/tmp")?.name;
        const volume = spec.template.spec.volumes?.find((one) => one.name === tmp);
        return closed && volume?.emptyDir !== undefined ? [] : [`${metadata.name} ${name}`];
      }),
    ),

  "no pod is given a token for the cluster's API": (objects) => [
    ...workloads(objects)
      .filter(({ spec }) => spec.template.spec.automountServiceAccountToken !== false)
      .map(({ metadata }) => metadata.name),
    ...ofKind(objects, "ServiceAccount")
      .filter((account) => account.automountServiceAccountToken !== false)
      .map(({ metadata }) => metadata.name),
  ],

  "every pod runs under a service account of its release": (objects) => {
    const accounts = new Set(ofKind(objects, "ServiceAccount").map(({ metadata }) => metadata.name));
    return workloads(objects)
      .filter(({ spec }) => !accounts.has(spec.template.spec.serviceAccountName ?? ""))
      .map(({ metadata }) => metadata.name);
  },

  "no value of an environment or a config map is a secret": (objects) => {
    const values = [
      ...ofKind<{ data?: Record<string, string> } & (typeof objects)[number]>(objects, "ConfigMap").flatMap(
        ({ metadata, data = {} }) =>
          Object.entries(data).map(([key, value]) => ({ at: `${metadata.name} ${key}`, value })),
      ),
      ...workloads(objects).flatMap(({ metadata, spec }) =>
        spec.template.spec.containers.flatMap(({ env = [] }) =>
          env.map(({ name, value = "" }) => ({ at: `${metadata.name} ${name}`, value })),
        ),
      ),
    ];
    return values
      .filter(
        ({ at, value }) =>
          /:\/\/[^/\s]*:(?!\$\([A-Z_]+\)@)[^/\s]*@|mmk_/.test(value) || /_(KEY|PASSWORD|TOKEN)$/.test(at),
      )
      .filter(({ value }) => value !== "")
      .map(({ at }) => at);
  },

  "no object is a secret": (objects) => ofKind(objects, "Secret").map(({ metadata }) => metadata.name),
};
