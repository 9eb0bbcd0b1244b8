import * as pulumi from "@pulumi/pulumi";

/** Name of the Secret with which programs connect. */
export const accessSecretName = "kafka";

/** Keys of the Secret. The last three, PEM, are there only with TLS. */
export const accessKeys = {
  bootstrapServers: "KAFKA_BOOTSTRAP_SERVERS",
  securityProtocol: "KAFKA_SECURITY_PROTOCOL",
  ca: "KAFKA_CA",
  certificate: "KAFKA_CERTIFICATE",
  key: "KAFKA_KEY",
} as const;

export interface Access {
  readonly bootstrapServers: pulumi.Input<readonly string[]>;
  /** PEM; without, connections are in the clear. */
  readonly tls?: Readonly<Record<"ca" | "certificate" | "key", pulumi.Input<string>>>;
}

export function variablesOf({ bootstrapServers, tls }: Access): Record<string, pulumi.Input<string>> {
  return {
    [accessKeys.bootstrapServers]: pulumi.output(bootstrapServers).apply((servers) => servers.join(",")),
    [accessKeys.securityProtocol]: tls ? "SSL" : "PLAINTEXT",
    ...(tls && { [accessKeys.ca]: tls.ca, [accessKeys.certificate]: tls.certificate, [accessKeys.key]: pulumi.secret(tls.key) }),
  };
}

/** What the `kafka` trigger of a queue needs to connect, beside `group` and `topic`. */
export interface Connection {
  readonly bootstrapServers: pulumi.Output<string[]>;
  readonly tls?: boolean;
  /** Keys of the Secret, which must be in the queue's namespace. */
  readonly ca?: SecretKey;
  readonly certificate?: SecretKey;
  readonly key?: SecretKey;
}

interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

/** By TLS, with the certificate that the Secret has. */
export function connectionByTls(bootstrapServers: pulumi.Output<string[]>): Connection {
  const keyOf = (name: "ca" | "certificate" | "key"): SecretKey => ({ secret: accessSecretName, key: accessKeys[name] });
  return { bootstrapServers, tls: true, ca: keyOf("ca"), certificate: keyOf("certificate"), key: keyOf("key") };
}
