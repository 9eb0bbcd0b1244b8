import { explainUnschedulable } from "../../../batch/jobs/scheduling";

const others = "2 node(s) didn't match Pod's node affinity/selector";
const preemption = "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";

test.each([
  [
    "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, " + others,
    "not enough cpu left on its nodes, not enough memory left on its nodes",
  ],
  ["0/3 nodes are available: 1 Insufficient nvidia.com/gpu", "not enough nvidia.com/gpu left on its nodes"],
  ["0/3 nodes are available: 1 Too many pods", "its nodes run as many pods as they can"],
  [`0/3 nodes are available: ${others}`, "its pool has no node for it yet"],
  ["no nodes available to schedule pods", "its pool has no node for it yet"],
  ["", "its pool has no node for it yet"],
  [`0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, ${others}`, "its nodes are not ready yet"],
  [
    "0/1 nodes are available: 1 node(s) had untolerated taint {team: media}",
    "its nodes have the taint team=media, which the Job does not tolerate",
  ],
  ["0/1 nodes are available: 1 node(s) had untolerated taint {spot}", "its nodes have the taint spot, which the Job does not tolerate"],
  [
    `0/2 nodes are available: 1 node(s) had untolerated taint(s), ${others}`,
    "its nodes are not ready yet, or have a taint that the Job does not tolerate",
  ],
  ["0/3 nodes are available: 3 node(s) were unschedulable", "its nodes take no new pods (cordoned)"],
  ["0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims", "its PersistentVolumeClaim is not bound yet"],
  ["0/3 nodes are available: 1 node(s) had volume node affinity conflict", "its volume is in another zone than the nodes"],
  ["0/3 nodes are available: 1 node(s) have something new", "0/3 nodes are available: 1 node(s) have something new"],
])("%s", (said, message) => {
  expect(explainUnschedulable(said)).toEqual({ reason: "NoNode", message });
  expect(explainUnschedulable(`${said}. ${preemption}`)).toEqual({ reason: "NoNode", message });
  expect(explainUnschedulable(`${said}. no new claims to deallocate, ${preemption}`)).toEqual({ reason: "NoNode", message });
});

test("a claim that is not there will not come by waiting for nodes", () => {
  const said = `0/3 nodes are available: persistentvolumeclaim "ntuples" not found. ${preemption}`;
  expect(explainUnschedulable(said)).toEqual({ reason: "VolumeMissing", message: "there is no PersistentVolumeClaim 'ntuples'" });
});
