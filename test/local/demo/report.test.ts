import { type DemoReport, renderReport } from "../../../local/demo/report";

const report: DemoReport = {
  phases: [
    { name: "Tools", seconds: 1 },
    { name: "Thumbnails", seconds: 3 },
  ],
  tasks: [
    { input: "videos/a.mp4", output: "thumbnails/a.mp4.webm", bytes: 2048, status: "succeeded", reason: null },
    { input: "videos/bad.mp4", output: null, bytes: null, status: "failed", reason: "no video stream" },
  ],
  nodes: { peak: 3, final: 0, started: 3, stopped: 3 },
  pulumi: { created: 20, updated: 1, deleted: 0, failed: 0 },
};

describe("the demo's report", () => {
  const lines = renderReport(report).split("\n");

  it("gives each phase its time and its share, and their sum", () => {
    expect(lines).toContain("  Tools       1.0 s  25 %");
    expect(lines).toContain("  Thumbnails  3.0 s  75 %");
    expect(lines).toContain("  total       4.0 s");
  });

  it("gives each video its thumbnail and size, or the reason why it has none", () => {
    expect(lines).toContain("  videos/a.mp4    succeeded  thumbnails/a.mp4.webm  2.0 KiB");
    expect(lines.find((line) => line.includes("bad.mp4"))).toMatch(/failed .* no video stream$/);
  });

  it("tells what Pulumi and the pool did", () => {
    expect(lines).toContain("Resources: 20 created, 1 updated, 0 deleted, 0 failed");
    expect(lines).toContain("Compute nodes: 3 started, 3 stopped, at most 3 at a time, 0 now");
  });
});
