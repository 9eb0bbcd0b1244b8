import { decide, finalizer, type Service } from "../../../../local/cluster/load-balancers/decision";
import { LoadBalancers } from "../../../../local/cluster/load-balancers/load-balancers";
import { addresses } from "../../../../local/sandbox/addresses";
import { waitUntil } from "../../../../local/lib/wait";
import { type Follower } from "../../../../kubernetes/follow";

const all = ["10.0.0.101", "10.0.0.102"];
const service = (changes: Partial<Service["spec"]> = {}, metadata: Partial<Service["metadata"]> = {}, ip?: string): Service => ({
  metadata: { name: "web", namespace: "team", ...metadata },
  spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...changes },
  status: ip === undefined ? {} : { loadBalancer: { ingress: [{ ip }] } },
});

describe("decision", () => {
  test("the first address that is free", () =>
    expect(decide(service(), all, new Set([all[0]!]))).toEqual({ kind: "serve", address: all[1] }));
  test("one that it has stays", () => expect(decide(service({}, {}, all[1]), all, new Set())).toEqual({ kind: "serve", address: all[1] }));
  test("no address is left, or there are too many ports: it says so", () => {
    expect(decide(service(), all, new Set(all))).toMatchObject({
      kind: "refuse",
      message: expect.stringContaining("all 2 addresses") as string,
    });
    const ports = Array.from({ length: 11 }, (_, i) => ({ port: 80 + i }));
    expect(decide(service({ ports }), all, new Set())).toMatchObject({ kind: "refuse", message: expect.stringContaining("11") as string });
  });
  test("a Service of another type or class is none of ours", () => {
    expect(decide(service({ type: "ClusterIP" }), all, new Set())).toBeUndefined();
    expect(decide(service({ loadBalancerClass: "other" }), all, new Set())).toBeUndefined();
  });
  test("one that is deleted, or changes its type, gives its address back", () => {
    const gone = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [finalizer] };
    expect(decide(service({}, gone, all[0]), all, new Set())).toEqual({ kind: "remove", addresses: [all[0]] });
    expect(decide(service({ type: "NodePort" }, { finalizers: [finalizer] }, all[0]), all, new Set())).toMatchObject({ kind: "remove" });
  });
});

test("an address is added before the Service tells it, and removed before the Service goes", async () => {
  const calls: string[] = [];
  let follower: Follower<Service> | undefined;
  const abort = new AbortController();
  const api = {
    follow: (_path: string, it: unknown) => {
      follower = it as Follower<Service>;
      return Promise.resolve();
    },
    patch: <T>(path: string, body: unknown) => {
      calls.push(`${path.split("/").slice(-2).join("/")} ${JSON.stringify(body)}`);
      return Promise.resolve({} as T);
    },
    create: <T>() => Promise.resolve({} as T),
  };
  const ranges = { nodeCidr: "10.0.0.0/24", podCidr: "10.1.0.0/16", serviceCidr: "10.2.0.0/16" };
  const sandbox = {
    addresses: addresses(ranges),
    addAddress: (address: string) => Promise.resolve(void calls.push(`add ${address}`)),
    removeAddress: (address: string) => Promise.resolve(void calls.push(`remove ${address}`)),
  };
  new LoadBalancers({ api, sandbox, say: (text) => calls.push(text), abort: abort.signal });
  follower!.replace([service(), { ...service(), metadata: { name: "other", namespace: "team" } }], "1");
  await waitUntil(() => calls.length === 6, 5_000);
  expect(calls.filter((call) => call.startsWith("add"))).toEqual(["add 10.0.0.101", "add 10.0.0.102"]);
  expect(calls.findIndex((call) => call.startsWith("add"))).toBeLessThan(calls.findIndex((call) => call.includes("ingress")));
  calls.length = 0;
  follower!.set(service({}, { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [finalizer] }));
  await waitUntil(() => calls.length === 3, 5_000);
  expect(calls).toEqual([
    "remove 10.0.0.101",
    'web/status {"status":{"loadBalancer":null}}',
    'services/web {"metadata":{"finalizers":[]}}',
  ]);
  abort.abort();
});
