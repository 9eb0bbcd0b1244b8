import { simulate } from "../../simulator";
import { highest, panelsOf, ticks } from "../../simulator/plots/lines";
import { drawSvg } from "../../simulator/plots/svg";
import { drawTerminal } from "../../simulator/plots/terminal";
import { trace } from "./samples";

const panels = panelsOf([simulate(trace(), "ours"), simulate(trace(), "cluster-autoscaler")]);
/** What colours a terminal. */
// eslint-disable-next-line no-control-regex
const escapes = /\x1b\[\d+m/g;

test.each([60, 80, 140])("the terminal's plot keeps to %d columns", (width) => {
  const lines = drawTerminal(panels, { width, colour: true }).replace(escapes, "").split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(width - 6);
});

test("without colour there are no escapes, and nothing else changes", () => {
  const plain = drawTerminal(panels, { width: 80, colour: false });
  expect(plain).not.toMatch(escapes);
  expect(drawTerminal(panels, { width: 80, colour: true }).replace(escapes, "")).toBe(plain);
});

test("every panel shows every policy, its highest value and its axis", () => {
  const plain = drawTerminal(panels, { width: 80, colour: false });
  for (const { title, lines } of panels) {
    const part = plain.split("\n\n").find((text) => text.startsWith(title))!;
    for (const { name } of lines) expect(part).toContain(`│${name}`);
    expect(part).toMatch(/0 h/);
  }
  expect(plain).toMatch(/Nodes paid for \(nodes\)\n.*ours\n +4 │█/);
});

test("the SVG has title, legend, axes with units, and styles for light and dark", () => {
  const svg = drawSvg("a <b>", panels);
  expect(svg).toContain("a &lt;b&gt;");
  expect(svg).toContain("prefers-color-scheme: dark");
  for (const { title, unit } of panels) expect(svg).toContain(`${title} (${unit})`);
  expect(svg.match(/hours since the start/g)).toHaveLength(panels.length);
  for (const name of ["ours", "cluster-autoscaler"]) expect(svg).toContain(`>${name}</text>`);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  // Each line of each panel, and its sample in the legend.
  expect(svg.match(/class="line l0"/g)).toHaveLength(panels.length + 1);
});

test("a column shows the highest value of its time, also one that lasts over columns", () => {
  expect(
    highest(
      [
        [0, 1],
        [2.5, 7],
        [2.6, 3],
      ],
      4,
      4,
    ),
  ).toEqual([1, 1, 7, 3]);
  expect(highest([], 4, 2)).toEqual([0, 0]);
});

test("ticks are round numbers from 0 on", () => {
  expect(ticks(100, 4)).toEqual([0, 50, 100]);
  expect(ticks(0.37, 4)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticks(7, 7)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
