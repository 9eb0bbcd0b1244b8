/**
 * The emulated project over HTTP, one file of routes a resource.
 * Imports everything of the emulator; nothing of the emulator imports it.
 */
import { randomBytes } from "node:crypto";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type preHandlerHookHandler } from "fastify";
import type { Cloud } from "../cloud";
import { ApiError, badRequest, notFound } from "../request/errors";
import { adminRoutes } from "./routes/admin";
import { authRoutes } from "./routes/auth";
import { catalogRoutes } from "./routes/catalog";
import { kubeRoutes } from "./routes/kube";
import { networkRoutes } from "./routes/networks";
import { nodePoolRoutes } from "./routes/node-pools";
import { projectRoutes } from "./routes/project";
import { storageRoutes } from "./routes/storage";
import { userRoutes } from "./routes/users";
import { documentedRights } from "../iam/rights";
import { actionOf, ServiceAccounts, TokenRefusal } from "../iam/service-accounts";
import { type ServiceAccountRecord, type ApiKey, type Identity } from "../state/model";
import { checkSignature } from "../iam/signature";

declare module "fastify" {
  interface FastifyRequest {
    rawBody?: string;
    queryId: string;
    /** Signed the request. */
    apiKey?: ApiKey;
    /** Sent the request with its token. */
    serviceAccount?: ServiceAccountRecord;
    loseAnswer?: boolean;
  }
}

export interface ServerOptions {
  readonly cloud: Cloud;
  /** The key with the rights that docs/deploy.md names. */
  readonly identity: Identity;
  /** Serve the test endpoints (`/_faults`, `/_status`) too: only where nobody but this machine's users gets to. */
  readonly admin: boolean;
  /** Called with one line for each request: never a body, a query or a signature. */
  readonly logRequest: (line: string) => void;
}

const prefixes = ["/1.0", "/v1", "/v2"];
const tokenPath = "/auth/oauth2/token";
const open = new Set([tokenPath, "/auth/time", "/cloud.json", "/order/catalog/public/cloud"]);

/** The OVHcloud API over HTTP. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { cloud } = options;
  const accounts = new ServiceAccounts(cloud.context);
  const app = fastify({ bodyLimit: 4 * 1024 * 1024, forceCloseConnections: true, exposeHeadRoutes: false });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    request.rawBody = body as string;
    done(null, undefined);
  });

  app.addHook("onRequest", (request, reply, next) => {
    request.queryId = `LOCAL.ext-1.${randomBytes(4).toString("hex")}.${process.pid}.${randomBytes(6).toString("hex")}`;
    void reply.header("X-Ovh-QueryID", request.queryId).type("application/json; charset=utf-8");
    next();
  });
  app.addHook(
    "preHandler",
    check((request) => authenticate(options, accounts, request)),
  );
  app.addHook("preHandler", (request, reply) => strike(cloud, request, reply));
  // An answer says that a change is made: so it must be on disk first.
  app.addHook("onSend", async (request, reply, payload) => {
    if (request.method !== "GET" && reply.statusCode < 400) await cloud.context.store.flush();
    if (request.loseAnswer) request.raw.socket.destroy();
    return payload;
  });
  app.addHook("onResponse", (request, reply, next) => {
    const time = cloud.context.clock.now().toISOString();
    const path = request.url.split("?")[0];
    options.logRequest(`${time} ${request.method} ${path} ${reply.statusCode} ${Math.round(reply.elapsedTime)}ms ${request.queryId}`);
    next();
  });

  app.setErrorHandler((error, _request, reply) => {
    const fault = asApiError(error, cloud);
    if (fault.retryAfter !== undefined) void reply.header("Retry-After", fault.retryAfter);
    return reply
      .status(fault.status)
      .send({ class: fault.errorClass, message: fault.message, details: fault.details, ...errorCode(fault) });
  });
  app.setNotFoundHandler(() => {
    throw notFound("Got an invalid (or empty) URL");
  });

  for (const prefix of prefixes) {
    app.register(
      (api, _options, next) => {
        authRoutes(api, cloud, accounts);
        catalogRoutes(api);
        api.register((project, _projectOptions, ready) => ready(registerProject(project, cloud)), {
          prefix: "/cloud/project/:serviceName",
        });
        next();
      },
      { prefix },
    );
  }
  app.post(tokenPath, (request, reply) => issueToken(accounts, request, reply));
  if (options.admin) adminRoutes(app, cloud, accounts);
  return app;
}

/** A hook of a function that throws where a request is to be refused. */
function check(accept: (request: FastifyRequest) => void): preHandlerHookHandler {
  return (request, _reply, next) => {
    try {
      accept(request);
      next();
    } catch (error) {
      next(error as Error);
    }
  };
}

function registerProject(app: FastifyInstance, cloud: Cloud): undefined {
  app.addHook(
    "preHandler",
    check((request) => {
      const { serviceName } = request.params as { serviceName: string };
      if (serviceName !== cloud.context.serviceName) throw notFound("This service does not exist");
    }),
  );
  projectRoutes(app, cloud);
  networkRoutes(app, cloud);
  kubeRoutes(app, cloud);
  nodePoolRoutes(app, cloud);
  userRoutes(app, cloud);
  storageRoutes(app, cloud);
}

/** On OVHcloud a host of its own; its refusals have the form of OAuth2. */
function issueToken(accounts: ServiceAccounts, request: FastifyRequest, reply: FastifyReply): unknown {
  try {
    return accounts.issue(request.rawBody ?? "", request.headers.authorization);
  } catch (error) {
    if (!(error instanceof TokenRefusal)) throw error;
    return reply.status(error.status).send({ error: error.error, error_description: error.message });
  }
}

/** Checks the token, or the signature over exactly what was sent, then parses the body. */
function authenticate({ identity, cloud }: ServerOptions, accounts: ServiceAccounts, request: FastifyRequest): void {
  if (open.has(apiPath(request.url))) return;
  const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token !== undefined) {
    request.serviceAccount = accounts.holderOf(token);
    authorize(accounts, request.serviceAccount, request);
    request.body = parseJson(request.rawBody ?? "");
    return;
  }
  const url = `${request.protocol}://${request.headers.host ?? ""}${request.raw.url ?? ""}`;
  const body = request.rawBody ?? "";
  const { serviceName, store, clock } = cloud.context;
  const keys = [{ ...identity, rules: documentedRights(serviceName) }, ...Object.values(store.state.keys ?? {})];
  const { method, headers } = request;
  request.apiKey = checkSignature(keys, { method, path: apiPath(request.url), url, body, headers }, clock.now());
  request.body = parseJson(body);
}

/** IAM decides by the action and the resource. What is no call on a project asks for itself what it needs. */
function authorize(accounts: ServiceAccounts, account: ServiceAccountRecord, request: FastifyRequest): void {
  const route = apiPath(request.routeOptions.url ?? "");
  const [, rest] = /^\/cloud\/project\/:serviceName(\/.*)?$/.exec(route) ?? [];
  if (route.startsWith("/cloud/project/:serviceName")) {
    const { serviceName } = request.params as { serviceName: string };
    accounts.require(account, actionOf(request.method, rest ?? ""), serviceName);
  } else if (!["", "/auth/details", "/cloud/project"].includes(route)) {
    throw new ApiError(403, "Client::Forbidden", "User not granted for this request", {
      unauthorizedActionsByAuthentication: "",
      unauthorizedActionsByIAM: `account:apiovh:${route.slice(1)}/${request.method.toLowerCase()}`,
    });
  }
}

/** The path without the version prefix and the query. */
function apiPath(url: string): string {
  const path = url.split("?")[0] ?? "";
  const prefix = prefixes.find((candidate) => path.startsWith(`${candidate}/`));
  return prefix ? path.slice(prefix.length) : path;
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("The request's body is not valid JSON");
  }
}

/** Carries out the fault that strikes a request, if any. */
async function strike(cloud: Cloud, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const path = apiPath(request.url);
  if (path.startsWith("/_") || path === "/auth/time") return;
  const fault = cloud.context.faults.forRequest(request.method, path);
  switch (fault?.action) {
    case "status": {
      const kind =
        fault.status < 500 ? (fault.status === 429 ? "Client::TooManyRequests" : "Client::Error") : "Server::InternalServerError";
      const message = fault.message ?? (fault.status === 429 ? "Too many requests, please retry later" : "Injected fault");
      throw new ApiError(fault.status, fault.class ?? kind, message, {}, fault.status === 429 ? 1 : undefined);
    }
    case "timeout":
      // Resolves never: the client's own time limit, or the end of the connection, ends the request.
      reply.hijack();
      return;
    case "lost-answer":
      request.loseAnswer = true;
      return;
    case "latency":
      await cloud.context.clock.sleep(fault.seconds * 1000);
  }
}

function asApiError(error: unknown, cloud: Cloud): ApiError {
  if (error instanceof ApiError) return error;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode < 500) return new ApiError(statusCode, "Client::BadRequest", message ?? "Bad request");
  cloud.context.log(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new ApiError(500, "Server::InternalServerError", "Internal server error; see the log of the local cloud's daemon");
}

function errorCode(error: ApiError): Record<string, string> {
  const { errorCode: code } = error.details;
  return code === undefined ? {} : { errorCode: code, httpCode: String(error.status) };
}
