import * as pulumi from "@pulumi/pulumi";

/** Name of the Secret with which programs connect. */
export const accessSecretName = "postgresql";

export interface Access {
  readonly host: pulumi.Input<string>;
  readonly port: pulumi.Input<number>;
  readonly database: pulumi.Input<string>;
  readonly user: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /**
   * Whether the password proves the server, too: a server without the verifier of the password cannot pose as it, whatever its certificate. The managed
   * database is reached past a proxy, where that is not possible.
   */
  readonly boundToChannel: boolean;
}

/** The variables of libpq, which psql and most drivers read from the environment. */
export function variablesOf({ host, port, database, user, password, boundToChannel }: Access): Record<string, pulumi.Input<string>> {
  return {
    PGHOST: host,
    PGPORT: pulumi.output(port).apply(String),
    PGDATABASE: database,
    PGUSER: user,
    PGPASSWORD: pulumi.secret(password),
    PGSSLMODE: "require",
    ...(boundToChannel && { PGCHANNELBINDING: "require" }),
  };
}
