// Kinds that no npm package describes, as far as the chart and deploy/kind use them.

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Reference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** Linkerd's policy.linkerd.io/v1beta3. */
export interface IServer {
  readonly apiVersion: "policy.linkerd.io/v1beta3";
  readonly kind: "Server";
  readonly metadata: Metadata;
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly port: string | number;
    readonly proxyProtocol: "unknown" | "HTTP/1" | "HTTP/2" | "gRPC" | "opaque" | "TLS";
    readonly accessPolicy:
      | "deny"
      | "audit"
      | "all-authenticated"
      | "all-unauthenticated"
      | "cluster-authenticated"
      | "cluster-unauthenticated";
  };
}

export interface IMeshTLSAuthentication {
  readonly apiVersion: "policy.linkerd.io/v1alpha1";
  readonly kind: "MeshTLSAuthentication";
  readonly metadata: Metadata;
  readonly spec: { readonly identities: readonly string[] };
}

export interface IAuthorizationPolicy {
  readonly apiVersion: "policy.linkerd.io/v1alpha1";
  readonly kind: "AuthorizationPolicy";
  readonly metadata: Metadata;
  readonly spec: { readonly targetRef: Reference; readonly requiredAuthenticationRefs: readonly Reference[] };
}

interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** The barman-cloud plugin's barmancloud.cnpg.io/v1. */
export interface IObjectStore {
  readonly apiVersion: "barmancloud.cnpg.io/v1";
  readonly kind: "ObjectStore";
  readonly metadata: Metadata;
  readonly spec: {
    readonly retentionPolicy: string;
    readonly configuration: {
      readonly destinationPath: string;
      readonly endpointURL?: string;
      readonly googleCredentials?:
        | { readonly gkeEnvironment: true }
        | { readonly applicationCredentials: SecretKey };
      readonly s3Credentials?:
        | { readonly inheritFromIAMRole: true }
        | { readonly accessKeyId: SecretKey; readonly secretAccessKey: SecretKey };
      readonly wal: { readonly compression: "gzip"; readonly maxParallel: number };
      readonly data: { readonly compression: "gzip"; readonly immediateCheckpoint: boolean };
    };
  };
}

/** kind's own configuration, kind.x-k8s.io/v1alpha4. */
export interface ICluster {
  readonly apiVersion: "kind.x-k8s.io/v1alpha4";
  readonly kind: "Cluster";
  readonly metadata?: Metadata;
  readonly name?: string;
  readonly networking?: { readonly disableDefaultCNI?: boolean; readonly podSubnet?: string };
  readonly nodes: readonly {
    readonly role: "control-plane" | "worker";
    readonly image?: string;
    readonly labels?: Readonly<Record<string, string>>;
  }[];
}
