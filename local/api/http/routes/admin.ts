import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import type { Cloud } from "../../cloud";
import { faultSchema } from "../../context/faults";
import { parseBody } from "../../request/validate";
import type { ServiceAccounts } from "../../iam/service-accounts";
import { done } from "./kube";

const faultsSchema = z.strictObject({ faults: z.array(faultSchema).min(1) });

const keySchema = z.strictObject({
  rules: z.array(z.strictObject({ method: z.enum(["GET", "POST", "PUT", "DELETE"]), path: z.string().startsWith("/") })).min(1),
});

/** Endpoints that OVHcloud does not have: faults, API keys, service accounts and their policies for tests, and what the local cloud consists of. */
export function adminRoutes(app: FastifyInstance, { clusters, context, pools }: Cloud, accounts: ServiceAccounts): void {
  app.get("/_faults", () => ({ faults: context.faults.list() }));
  app.post("/_faults", (request) => {
    context.faults.add(parseBody(faultsSchema, request.body).faults);
    return { faults: context.faults.list() };
  });
  app.delete("/_faults", () => done(context.faults.clear()));
  app.post("/_keys", (request) => {
    const secret = (): string => randomBytes(16).toString("hex");
    const { rules } = parseBody(keySchema, request.body);
    const key = { applicationKey: secret(), applicationSecret: secret(), consumerKey: secret(), rules };
    context.store.state.keys = { ...context.store.state.keys, [key.consumerKey]: key };
    context.store.changed();
    return key;
  });
  app.post("/_service_accounts", () => accounts.create());
  app.post("/_policies", (request) => accounts.addPolicy(request.body));
  app.delete("/_tokens", () => done(accounts.revoke()));
  app.get("/_status", () => ({
    clusters: clusters.list().map((id) => {
      const { name, region, status } = clusters.record(id);
      return { id, name, region, status, pools: pools.list(id) };
    }),
  }));
}
