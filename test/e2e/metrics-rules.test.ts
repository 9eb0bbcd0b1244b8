/** The rules as promtool of Prometheus's own image sees them. Needs Linux and root, but no local cloud. */
import { ensureImages } from "../../local/images";
import { createProgress } from "../../local/lib/progress";
import { ensureTools } from "../../local/tools";
import { checkRules } from "../components/metrics/promtool";

test("promtool finds no fault in the rules, and each alert fires when it should, and only then", async () => {
  const progress = createProgress();
  const tools = await ensureTools(progress, ["buildah", "mmdebstrap", "debianKeyrings", "setpriv", "unshare"]);
  const { images } = await ensureImages(tools, ["metrics"], progress);
  const { archive } = images.find(({ name }) => name === "prometheus")!;
  expect(checkRules({ archive })).toMatch(/SUCCESS: \d+ rules found[^]*SUCCESS/);
});
