// Prints the IAM policy with the least rights for a service account, as `POST /v2/iam/policy` of the OVHcloud API takes it (docs/deploy.md, step 3).
import { parseArgs } from "node:util";
import { policyFaults, policyOf, type Purpose, purposes } from "../common/iam";

const usage = `usage: npm run --silent iam-policy -- --for <${purposes.join("|")}> --project <project id> --identity <URN of the service account>`;

function main(): number {
  try {
    const { values } = parseArgs({ options: { for: { type: "string" }, project: { type: "string" }, identity: { type: "string" } } });
    const { for: purpose = "", project: projectId = "", identity = "" } = values;
    const faults = policyFaults({ purpose, projectId, identity });
    if (faults.length > 0) throw new Error(faults.map((fault) => `--${fault}`).join("\n"));
    process.stdout.write(`${JSON.stringify(policyOf({ purpose: purpose as Purpose, projectId, identity }), undefined, 2)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`);
    return 2;
  }
}

process.exitCode = main();
