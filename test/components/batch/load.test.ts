import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { providerText } from "../../../components/batch/batch-job";

const root = join(__dirname, "../../..");

/** Evaluates the text as Pulumi's process for dynamic providers does, in plain Node.js. */
const evaluate = `
  const Module = require("node:module");
  const evaluated = new Module("provider");
  evaluated._compile(process.argv[1], "provider");
  const provider = evaluated.exports.handler();
  provider.check({}, { name: "Bad_Name" }).then(({ failures }) => console.log(JSON.stringify([Object.keys(provider), failures])));
`;

test.each(["", "docs/scenarios"])(
  "the provider's text loads the provider from TypeScript in plain Node.js, in the folder '%s'",
  (folder) => {
    const NODE_OPTIONS = "";
    const out = execFileSync(process.execPath, ["-e", evaluate, providerText], {
      cwd: join(root, folder),
      encoding: "utf8",
      timeout: 15_000,
      env: { ...process.env, NODE_OPTIONS },
    });
    const [methods, failures] = JSON.parse(out) as [string[], { property: string }[]];
    expect(methods.sort()).toEqual(["check", "create", "delete", "diff", "read", "update"]);
    expect(failures).toContainEqual(expect.objectContaining({ property: "name" }));
  },
);

test("the provider's text is the same on every machine", () => {
  expect(providerText).not.toMatch(/["'`]\/|[A-Z]:\\|node_modules|file:/);
  expect(providerText).not.toContain(root);
});
