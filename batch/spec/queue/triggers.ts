/** Schemas of what tells how many items wait. */
import * as z from "zod";
import { secretKey } from "../pod";
import { count, oneOf, rule, text } from "../rules";

/** KEDA's operator runs in another namespace, where a short name means another service or none. */
const fullHost = text.refine(
  (host) => /[.:]/.test(host) && !/^(?:127\.|localhost\.?$|::1$)/.test(host),
  rule("a full name such as db.batch.svc.cluster.local, for KEDA asks from another namespace"),
);

const brokers = z
  .string()
  .regex(/^[^\s:,]*\.[^\s:,]*:\d{1,5}$/, rule("host:port with a full name, such as kafka.batch.svc.cluster.local:9092"));

/** Words that would give no number, or take locks. */
const query = text.superRefine((sql, context) => {
  const complain = (message: string) => context.addIssue({ code: "custom", message });
  if (!/^\s*(?:select|with|values)\b/i.test(sql)) complain("must be a SELECT of one number");
  if (/\b(?:sum|avg|min|max)\s*\(/i.test(sql) && !/\bcoalesce\s*\(/i.test(sql))
    complain("must not be NULL where nothing waits, which KEDA takes for an error: write COALESCE(…, 0)");
  if (/\bfor\s+(?:no\s+key\s+)?(?:key\s+)?(?:update|share)\b/i.test(sql))
    complain("must lock no rows: workers with SKIP LOCKED would miss them; count by a status column");
});

/** Most that a count can be: KEDA starts nothing by a number that is not larger. */
export const never = 2 ** 31 - 1;

/** Least value at which nothing is started yet. */
const activation = count(0, never).default(0);

export const postgresql = z
  .strictObject({
    /** Gives one number: the items that wait **and** those at work (with the strategy `accurate`, only those that wait). Another role than the workers' may run it. */
    query,
    /** Gives the age of the oldest item that is not done, in seconds, for the [metrics](docs/queue-jobs.md#metrics). Nothing is started by it. @default none */
    oldestQuery: query.optional(),
    /** Gives the number of dead letters, for the [metrics](docs/queue-jobs.md#metrics). Nothing is started by it. @default none */
    deadLettersQuery: query.optional(),
    /** Nothing is started as long as the number is not larger than this. @default `0` */
    activation,
    /** Key of a Secret with the whole connection, a URI or `host=… user=…`. It takes the place of the following. @default none */
    connection: secretKey.optional(),
    /** Full name of the server, such as `db.batch.svc.cluster.local`. @default none */
    host: fullHost.optional(),
    /** @default `5432` */
    port: count(1, 65_535).default(5432),
    /** Role that runs the query; it needs `SELECT` only. @default none */
    user: text.optional(),
    /** @default none */
    database: text.optional(),
    /** @default `prefer` */
    sslMode: oneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full").default("prefer"),
    /** Key of a Secret with the role's password. @default none */
    password: secretKey.optional(),
  })
  .superRefine(({ connection, host, user, database, password }, context) => {
    for (const [name, value] of Object.entries({ host, user, database })) {
      const message =
        connection === undefined
          ? "must be given (or 'connection')"
          : "must not be given together with 'connection', which says it; keep one of them";
      if ((value === undefined) === (connection === undefined)) context.addIssue({ code: "custom", path: [name], message });
    }
    if (connection && password)
      context.addIssue({ code: "custom", path: ["password"], message: "must not be given together with 'connection', which has it" });
  });

const kafka = z
  .strictObject({
    /** Full names with ports. */
    bootstrapServers: z.array(brokers).min(1, "must have at least one server"),
    /** Consumer group whose lag counts: that of the workers. */
    group: text,
    topic: text,
    /** Nothing is started as long as the lag is not larger than this. @default `0` */
    activation,
    /** Version of the protocol that KEDA speaks. Its own default, 1.0.0, is refused by Kafka 4. @default `3.6.0` */
    version: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, rule("a version such as 3.6.0"))
      .default("3.6.0"),
    /** @default `none` */
    sasl: oneOf("none", "plaintext", "scram_sha256", "scram_sha512").default("none"),
    /** Key of a Secret; for `sasl`. @default none */
    username: secretKey.optional(),
    /** Key of a Secret; for `sasl`. @default none */
    password: secretKey.optional(),
    /** @default `false` */
    tls: z.boolean().default(false),
    /** Key of a Secret with the authority of the servers' certificates, PEM; for `tls`. @default the public ones */
    ca: secretKey.optional(),
    /** Key of a Secret with the client's own certificate, PEM; for `tls`, together with `key`. OVHcloud's managed Kafka wants one. @default none */
    certificate: secretKey.optional(),
    /** Key of a Secret with that certificate's private key, PEM. @default none */
    key: secretKey.optional(),
    /** Only `earliest`: with `latest`, KEDA counts a group that has committed nothing yet as one record for each partition, and what came before its first commit never. @default `earliest` */
    offsetResetPolicy: z
      .literal("earliest", { error: "must be 'earliest': with 'latest', what came before the group's first commit is never counted" })
      .default("earliest"),
    /** Only `false`: a consumer beyond the number of partitions gets none, so that its run would wait in vain. @default `false` */
    allowIdleConsumers: z
      .literal(false, { error: "must be false: a run beyond the number of partitions gets none, and waits in vain; add partitions" })
      .default(false)
      .meta({ value: "`false`" }),
  })
  .superRefine(({ sasl, tls, username, password, ca, certificate, key }, context) => {
    const complain = (name: string, message: string) => context.addIssue({ code: "custom", path: [name], message });
    for (const [name, value] of Object.entries({ username, password })) {
      if (sasl !== "none" && !value) complain(name, `must be given with the sasl '${sasl}'`);
      if (sasl === "none" && value) complain(name, "must not be given without 'sasl'");
    }
    for (const [name, value] of Object.entries({ ca, certificate, key }))
      if (value && !tls) complain(name, "must not be given without 'tls'");
    if (certificate && !key) complain("key", "must be given with 'certificate'");
    if (key && !certificate) complain("certificate", "must be given with 'key'");
  });

const custom = z.strictObject({
  /** Name of a [KEDA scaler](https://keda.sh/docs/latest/scalers/), such as `rabbitmq`. */
  type: z
    .string()
    .regex(/^[a-z0-9][-a-z0-9]*$/, rule("the name of a scaler, such as rabbitmq"))
    .refine((type) => type !== "external-push" && type !== "cpu" && type !== "memory", rule("a scaler that counts items")),
  /** As the scaler's page says, its target included. No secrets. */
  metadata: z.record(z.string(), z.string()),
  /** The scaler's parameters that are keys of Secrets. @default none */
  authentication: z
    .record(z.string(), secretKey)
    .refine((keys) => Object.keys(keys).length > 0, "must have a parameter, or be left out")
    .optional(),
});

export const trigger = z
  .strictObject({
    /** Counts rows. @default none */
    postgresql: postgresql.optional(),
    /** Counts the records that a consumer group has not committed. At most one run for each partition is started. @default none */
    kafka: kafka.optional(),
    /** Any other scaler. @default none */
    custom: custom.optional(),
  })
  .superRefine((kinds, context) => {
    const given = Object.entries(kinds).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (given.length === 0) context.addIssue({ code: "custom", message: "must have one of 'postgresql', 'kafka' and 'custom'" });
    if (given.length > 1)
      context.addIssue({ code: "custom", path: [given[1]!], message: `must be a trigger of its own, beside '${given[0]}'` });
  });

export type Trigger = z.infer<typeof trigger>;
