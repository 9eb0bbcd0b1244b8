/**
 * Who may send a request: application keys, service accounts, their rights and policies.
 * Imports `context/`, `request/` and `state/`.
 */
import { randomBytes } from "node:crypto";
import * as z from "zod";
import { actionPrefix, projectUrn } from "../../../common/iam";
import type { Context } from "../context/context";
import { ApiError } from "../request/errors";
import { invalid, parseBody } from "../request/validate";
import type { PolicyRecord, ServiceAccountRecord } from "../state/model";
import { equal } from "./signature";

const policySchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  identities: z.array(z.string()).min(1),
  resources: z.array(z.strictObject({ urn: z.string().startsWith("urn:v1:eu:resource:") })).min(1),
  permissions: z.strictObject({ allow: z.array(z.strictObject({ action: z.string().regex(/^[a-zA-Z]+:[a-z]+:/) })).min(1) }),
});

/** How long a token is good, in seconds. */
const lifetime = 3599;

const tokenSchema = z.object({
  grant_type: z.literal("client_credentials"),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  scope: z.string().optional(),
});

/** A refusal in the form of OAuth2 (RFC 6749, 5.2). */
export class TokenRefusal extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
  ) {
    super(message);
  }
}

/** Service accounts, their tokens and what IAM lets them do. Tokens do not outlive the process. */
export class ServiceAccounts {
  private readonly tokens = new Map<string, { readonly account: ServiceAccountRecord; readonly expires: number }>();

  constructor(private readonly context: Context) {}

  create(): ServiceAccountRecord {
    const clientId = randomBytes(8).toString("hex");
    const account = {
      clientId,
      clientSecret: randomBytes(16).toString("hex"),
      identity: `urn:v1:eu:identity:credential:local/oauth2-${clientId}`,
    };
    const { store } = this.context;
    store.state.serviceAccounts = [...(store.state.serviceAccounts ?? []), account];
    store.changed();
    return account;
  }

  /** Adds a policy, as `POST /v2/iam/policy` would. */
  addPolicy(input: unknown): PolicyRecord {
    const policy = parseBody(policySchema, input);
    const { store } = this.context;
    const unknown = policy.identities.find((identity) => !store.state.serviceAccounts?.some((account) => account.identity === identity));
    if (unknown !== undefined) throw invalid({ identities: `there is no ${unknown}` });
    store.state.policies = [...(store.state.policies ?? []), policy];
    store.changed();
    return policy;
  }

  /**
   * @param form body of the request, URL-encoded
   * @param authorization header of the request: clients put their id and secret there or into the form
   * @throws {TokenRefusal}
   */
  issue(form: string, authorization: string | undefined): Record<string, unknown> {
    const parsed = tokenSchema.safeParse(Object.fromEntries(new URLSearchParams(form)));
    if (!parsed.success) throw new TokenRefusal(400, "unsupported_grant_type", "grant_type must be client_credentials");
    const [id = parsed.data.client_id, secret = parsed.data.client_secret] = basic(authorization);
    const account = this.context.store.state.serviceAccounts?.find(({ clientId }) => clientId === id);
    if (!account || secret === undefined || !equal(secret, account.clientSecret))
      throw new TokenRefusal(401, "invalid_client", "Client authentication failed");
    const token = randomBytes(32).toString("base64url");
    this.tokens.set(token, { account, expires: this.now() + lifetime * 1000 });
    return { access_token: token, token_type: "Bearer", expires_in: lifetime, scope: parsed.data.scope ?? "all" };
  }

  /** @throws {ApiError} 401 for a token that is not good any more */
  holderOf(token: string): ServiceAccountRecord {
    const found = this.tokens.get(token);
    if (found && this.now() < found.expires) return found.account;
    this.tokens.delete(token);
    throw new ApiError(401, "Client::Unauthorized", "Invalid access token", {});
  }

  /** Forgets all tokens, as a restart does. */
  revoke(): void {
    this.tokens.clear();
  }

  mayDo({ identity }: ServiceAccountRecord, action: string, serviceName: string): boolean {
    const policies = this.context.store.state.policies ?? [];
    const resource = projectUrn("eu", serviceName);
    return policies.some(
      ({ identities, resources, permissions: { allow } }) =>
        identities.includes(identity) &&
        resources.some(({ urn }) => matches(urn, resource)) &&
        allow.some((granted) => matches(granted.action, action)),
    );
  }

  /** @throws {ApiError} 403 that names the action, as OVHcloud's does */
  require(account: ServiceAccountRecord, action: string, serviceName: string): void {
    if (this.mayDo(account, action, serviceName)) return;
    throw new ApiError(403, "Client::Forbidden", "User not granted for this request", {
      unauthorizedActionsByAuthentication: "",
      unauthorizedActionsByIAM: action,
    });
  }

  private now(): number {
    return this.context.clock.now().getTime();
  }
}

function basic(authorization: string | undefined): [string?, string?] {
  const [, encoded] = /^Basic (.+)$/i.exec(authorization ?? "") ?? [];
  if (encoded === undefined) return [];
  const [id = "", secret = ""] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return [decodeURIComponent(id), decodeURIComponent(secret)];
}

/** `*` in a policy stands for any text. */
const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  ).test(text);

const verbs: Readonly<Record<string, string>> = { GET: "get", POST: "create", PUT: "edit", DELETE: "delete" };

/** Calls whose names do not follow from their paths, as far as they are publicly known. */
const named: Readonly<Record<string, string>> = {
  "POST region/storage/bulkDeleteObjects": "region/storage/bulkDeleteObjects",
  "POST user/s3Credentials/secret": "user/s3Credentials/secret/display",
};

/** The action of a call on a project, e.g. `publicCloudProject:apiovh:kube/nodepool/get`. @param route path after the project's id, ids as `:name` */
export function actionOf(method: string, route: string): string {
  const path = route
    .split("/")
    .filter((part) => part !== "" && !part.startsWith(":"))
    .join("/");
  const verb = verbs[method] ?? method.toLowerCase();
  return actionPrefix + (named[`${method} ${path}`] ?? [path, verb].filter((part) => part !== "").join("/"));
}
