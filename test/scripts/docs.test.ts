import { readFileSync } from "node:fs";
import { pages, pathOf } from "../../scripts/docs";

test.each(Object.entries(pages))("docs/%s is up to date (to renew it: npm run docs)", (page, render) => {
  const current = readFileSync(pathOf(page), "utf8");
  expect(render(current)).toBe(current);
});

describe("docs/configuration.md", () => {
  it("has a row for each setting, with its values and default", () => {
    const text = readFileSync(pathOf("configuration.md"), "utf8");
    expect(text).toContain("| `pools.compute.maxNodes` | 0..999 | `100` | most nodes");
    expect(text).toContain('| `cluster.plan` | `free`, `standard` | `"free"` |');
    expect(text).toContain("| `images.registry` | text | **must be set** |");
    expect(text).toContain("| `autoscaler.extendedResources` | map of maps of numbers |");
    expect(text).toContain("| `prices.nodeHour` | map of numbers |");
    expect(text).toContain("| `pools.<name>.flavor` | text | **must be set** |");
  });
});
