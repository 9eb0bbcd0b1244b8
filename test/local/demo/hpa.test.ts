import { drawPlot } from "../../../local/demo/hpa/plot";
import { amountOf, sampleOf } from "../../../local/demo/hpa/watch";

describe("what an HPA says", () => {
  const sample = (status: Parameters<typeof sampleOf>[0]["status"]) => sampleOf({ status }, 3);

  it("of a custom metric", () => {
    const currentMetrics = [{ pods: { current: { averageValue: "10500m" } } }];
    expect(sample({ currentReplicas: 2, desiredReplicas: 4, currentMetrics })).toEqual({ at: 3, replicas: 2, desired: 4, perPod: 10.5 });
  });

  it("of the CPU", () => {
    expect(sample({ currentReplicas: 2, currentMetrics: [{ resource: { current: { averageUtilization: 81 } } }] }).perPod).toBe(81);
  });

  it("before it knows anything", () => {
    expect(sample({})).toEqual({ at: 3, replicas: 0, desired: 0, perPod: undefined });
  });

  it.each([
    ["666m", 0.666],
    ["25", 25],
    ["2k", 2000],
  ])("%s is a quantity", (text, value) => expect(amountOf(text)).toBeCloseTo(value));

  it("only quantities are", () => expect(() => amountOf("five")).toThrow('"five" is not a quantity that a metric has'));
});

describe("the plot", () => {
  const points = [
    { at: 0, replicas: 2, requests: 1 },
    { at: 30, replicas: 6, requests: 50 },
    { at: 120, replicas: 2, requests: 1 },
  ];
  const svg = drawPlot({ points, load: [0, 60], minReplicas: 2 });
  const paths = [...svg.matchAll(/class="line" d="([^"]+)"/g)].map(([, path]) => path!);

  it("has a line for the requests and one for the pods, within its paper", () => {
    expect(paths).toHaveLength(2);
    for (const path of paths) {
      const numbers = path.match(/[\d.]+/g)!.map(Number);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(720);
      expect(numbers).not.toContain(NaN);
    }
  });

  it("draws more pods higher up", () => {
    const heights = [...paths[1]!.matchAll(/(?:V|M[\d.]+ )([\d.]+)/g)].map(([, y]) => Number(y));
    expect(heights).toHaveLength(3);
    expect(heights[1]).toBeLessThan(heights[0]!);
    expect(heights[2]).toBe(heights[0]);
  });

  it("shades the time of the load", () => {
    const [, x, width] = /class="load" x="([\d.]+)" y="\d+" width="([\d.]+)"/.exec(svg)!;
    expect(Number(x)).toBe(56);
    // Half of the time, and so of the width.
    expect(Number(width)).toBeCloseTo((720 - 56 - 16) / 2, 0);
  });
});
