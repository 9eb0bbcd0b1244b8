import type { FastifyInstance, FastifyRequest } from "fastify";
import * as z from "zod";
import type { ListQuery } from "../../storage/buckets";
import type { Cloud } from "../../cloud";
import { parseBody } from "../../request/validate";
import { done } from "./kube";

const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const querySchema = z.object({
  prefix: z.string().optional(),
  marker: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  withVersions: flag.optional(),
});

/** Object Storage: buckets ("containers") and what they hold. */
export function storageRoutes(app: FastifyInstance, { buckets }: Cloud): void {
  const at = (request: FastifyRequest): [region: string, name: string] => {
    const { region, name } = request.params as { region: string; name: string };
    return [region, name];
  };
  const query = (request: FastifyRequest): ListQuery => parseBody(querySchema, request.query);

  app.get("/region/:region/storage", (request) => buckets.list(at(request)[0]));
  app.post("/region/:region/storage", (request) => buckets.create(at(request)[0], request.body));
  app.get("/region/:region/storage/:name", (request) => buckets.get(...at(request), query(request)));
  app.put("/region/:region/storage/:name", (request) => done(buckets.update(...at(request), request.body)));
  app.delete("/region/:region/storage/:name", (request) => done(buckets.remove(...at(request))));
  app.get("/region/:region/storage/:name/object", (request) => buckets.objects(...at(request), query(request)));
  app.post("/region/:region/storage/:name/bulkDeleteObjects", (request) => done(buckets.bulkDelete(...at(request), request.body)));
  app.get("/region/:region/storage/:name/lifecycle", (request) => buckets.lifecycle(...at(request)));
  app.put("/region/:region/storage/:name/lifecycle", (request) => buckets.setLifecycle(...at(request), request.body));
  app.delete("/region/:region/storage/:name/lifecycle", (request) => done(buckets.deleteLifecycle(...at(request))));
}
