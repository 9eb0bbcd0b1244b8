import { involved } from "../../../autoscaler/observability/involved";
import { pool } from "../build";

const job = { namespace: "batch", name: "j", uid: "ju" };

test("the pool and the Jobs get a decision's Events", () => {
  expect(involved(pool(), [job])).toEqual([
    { apiVersion: "kube.cloud.ovh.com/v1alpha1", kind: "NodePool", name: pool().name, uid: pool().uid },
    { apiVersion: "batch/v1", kind: "Job", ...job },
  ]);
});

test("pods of no Job get them too", () => {
  expect(involved(undefined, [], [{ namespace: "web", name: "huge", uid: "pu" }])).toEqual([
    { apiVersion: "v1", kind: "Pod", namespace: "web", name: "huge", uid: "pu" },
  ]);
});

test("of thousands of Jobs and pods only the first do", () => {
  const many = Array.from({ length: 1000 }, (_, i) => ({ namespace: "batch", name: `j${i}`, uid: `u${i}` }));
  expect(involved(undefined, many, many)).toHaveLength(40);
});
