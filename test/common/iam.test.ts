import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policyFaults, policyOf } from "../../common/iam";

const root = join(__dirname, "..", "..");
const options = {
  purpose: "pulumi",
  projectId: "0123456789abcdef0123456789abcdef",
  identity: "urn:v1:eu:identity:credential:xx11111-ovh/oauth2-0f0f0f0f0f0f0f0f",
} as const;

const command = ["--import", "tsx", "scripts/iam-policy.ts"];

describe("the policy of a service account", () => {
  it("is for one identity, one project, and nothing but what the purpose needs", () => {
    expect(policyOf({ ...options, purpose: "autoscaler" })).toEqual({
      name: "ovh-mks-batch-autoscaler-01234567",
      description: expect.stringContaining("the autoscaler") as string,
      identities: [options.identity],
      resources: [{ urn: `urn:v1:eu:resource:publicCloudProject:${options.projectId}` }],
      permissions: {
        allow: ["kube/nodepool/get", "kube/nodepool/nodes/get", "kube/nodepool/edit"].map((action) => ({
          action: `publicCloudProject:apiovh:${action}`,
        })),
      },
    });
    const actions = policyOf(options).permissions.allow.map(({ action }) => action);
    expect(actions).not.toContain("publicCloudProject:apiovh:*");
  });

  it("for Karpenter has an action for each call of docs/karpenter.md", () => {
    const page = readFileSync(join(root, "docs", "karpenter.md"), "utf8");
    const verbs: Record<string, string> = { GET: "get", POST: "create", PUT: "edit", DELETE: "delete" };
    const calls = [...page.matchAll(/^\| (GET|POST|PUT|DELETE) \| `\/cloud\/project\/<project id>\/(.+)` \|$/gm)];
    const expected = calls.map(([, method = "", path = ""]) => {
      const words = path.split("/").filter((word) => word !== "*" && !word.startsWith("<"));
      return `publicCloudProject:apiovh:${words.join("/")}/${verbs[method]}`;
    });
    const { allow } = policyOf({ ...options, purpose: "karpenter" }).permissions;
    expect(allow.map(({ action }) => action).sort()).toEqual(expected.sort());
  });

  it("is in the region of its identity", () => {
    const identity = options.identity.replace(":eu:", ":ca:");
    expect(policyOf({ ...options, identity }).resources).toEqual([{ urn: `urn:v1:ca:resource:publicCloudProject:${options.projectId}` }]);
  });

  it("says what is wrong with its options, all at once", () => {
    expect(policyFaults(options)).toEqual([]);
    const faults = policyFaults({ purpose: "all", projectId: "mine", identity: "0f0f" });
    expect(faults.map((fault) => fault.split(" must")[0])).toEqual(["for (all)", "project (mine)", "identity (0f0f)"]);
  });

  it("is printed by the command of docs/deploy.md, which has the same document to copy", () => {
    const text = readFileSync(join(root, "docs", "deploy.md"), "utf8");
    const [, given = ""] = /npm run --silent iam-policy -- (--for pulumi \\\n[^\n]+)/.exec(text) ?? [];
    const printed = execFileSync(process.execPath, [...command, ...given.replace("\\\n", "").split(/\s+/)], {
      cwd: root,
      encoding: "utf8",
    });
    const [, copied = ""] = /```json\n(.*?)```/s.exec(text) ?? [];
    expect(JSON.parse(printed)).toEqual(policyOf(options));
    expect(JSON.parse(copied)).toEqual(policyOf(options));
  });

  it("with wrong options is not printed", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...command, "--for", "pulumi"], { cwd: root, encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/--project \(\) must be[\s\S]*--identity \(\) must be[\s\S]*usage: /);
  });
});
