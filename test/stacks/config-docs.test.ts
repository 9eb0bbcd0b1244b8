import { readFileSync } from "node:fs";
import { page, render } from "../../stacks/config-docs";

describe("docs/configuration.md", () => {
  it("is up to date (to renew it: npx tsx stacks/config-docs.ts)", () => {
    const current = readFileSync(page, "utf8");
    expect(render(current)).toBe(current);
  });

  it("has a row for each setting, with its values and default", () => {
    const text = readFileSync(page, "utf8");
    expect(text).toContain("| `pools.compute.maxNodes` | 0..999 | `100` | most nodes");
    expect(text).toContain('| `cluster.plan` | `free`, `standard` | `"free"` |');
    expect(text).toContain("| `images.registry` | text | **must be set** |");
    expect(text).toContain("| `autoscaler.extendedResources` | map of maps of numbers |");
    expect(text).toContain("| `prices.nodeHour` | map of numbers |");
    expect(text).toContain("| `pools.<name>.flavor` | text | **must be set** |");
  });
});
