/**
 * Looks at reports in headless Chromium: that all is shown, nothing is cut off, and nothing but the page itself runs or is loaded.
 * Needs no local cloud. Chromium and ffmpeg are installed when they are missing, which needs root on Debian.
 *
 * `UPDATE_SCREENSHOTS=1 npm run test:e2e -- report` makes the picture of docs/report.md again.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, launch, type Page } from "puppeteer-core";
import { type Output, type TaskRecord } from "../../batch/records";
import { type PageOptions, renderPage } from "../../report";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress } from "../../local/lib/progress";
import { ensureTools } from "../../local/tools";
import { sampleParameters, samplePlot, sampleRecords } from "../report/sample";

const folder = mkdtempSync(join(tmpdir(), "report-e2e-"));
const now = new Date("2026-11-20T19:00:00Z");
const screenshot = join(paths.root, "docs", "images", "report.png");

/** Milliseconds that Chromium may take for anything on a busy machine. */
const timeout = 120_000;

let browser: Browser;
let ffmpeg: string;
/** What the tasks produced, by key. */
const objects = new Map<string, Buffer>();

beforeAll(async () => {
  const tools = await ensureTools(
    createProgress((line) => process.stdout.write(`${line}\n`)),
    ["chromium", "ffmpeg"],
  );
  ffmpeg = tools.ffmpeg;
  // Chromium's own sandbox does not work for root. The pages are made by this test.
  browser = await launch({ executablePath: tools.chromium, args: ["--no-sandbox", "--font-render-hinting=none"], timeout });
  for (const file of ["clip.webm", "clip.mp4", "moving.gif", "frame.png", "frame.jpg", "frame.webp"]) {
    const length = /clip|moving/.test(file) ? ["-t", "1"] : ["-frames:v", "1"];
    const codec = file.endsWith("mp4") ? ["-c:v", "libx264", "-pix_fmt", "yuv420p"] : [];
    await exec(ffmpeg, ["-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=192x120:r=10", ...length, ...codec, join(folder, file)]);
    objects.set(`batch/sweep/${file}`, readFileSync(join(folder, file)));
  }
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** The value of an expression in the page. */
const ask = <T>(expression: string) => page.evaluate(expression) as Promise<T>;

const questions = readFileSync(join(__dirname, "report-page.js"), "utf8").trimEnd().replace(/;$/, "");

/** Asks one of the questions of report-page.js. */
const check = <T = string[]>(question: string) => ask<T>(`${questions}.${question}()`);

const scrollWidth = () => ask<number>("document.documentElement.scrollWidth");

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What a page did that it should not: messages on the console, errors, dialogs, requests. */
let troubles: string[];
let page: Page;

interface View {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly script?: boolean;
}

async function open(name: string, records: readonly TaskRecord[], options: Partial<PageOptions> = {}, view: View = {}): Promise<void> {
  const file = join(folder, `${name}.html`);
  const store = { getBytes: (key: string) => Promise.resolve(objects.get(key)) };
  const cost = { nodeHours: 24, amount: 2.3, currency: "EUR" };
  const { content } = await renderPage({ parameters: sampleParameters, records, store, cost, now, ...options });
  writeFileSync(file, content);
  troubles = [];
  page = await browser.newPage();
  page.setDefaultTimeout(timeout);
  page.on("console", (message) => troubles.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`error: ${String(error)}`));
  page.on("dialog", (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && request.url() !== pathToFileURL(file).href) troubles.push(`request: ${request.url()}`);
  });
  const { width = 1280, scheme = "light", script = true } = view;
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.setJavaScriptEnabled(script);
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
}

afterEach(async () => {
  if (page && !page.isClosed()) await page.close();
});

/** 200 tasks; some with a plot, one with each kind of image and video. */
function sweep(): TaskRecord[] {
  const media = [...objects].filter(([key]) => !key.endsWith(".svg")).map(([key, content]): Output => ({ key, bytes: content.length }));
  return sampleRecords({
    tasks: 200,
    failing: 0.08,
    outputs: (task, index) => {
      if (index === 150) return media;
      const fit = { key: `batch/sweep/${task}/fit.json`, bytes: 1240 + index };
      if (index % 11 !== 0) return [fit];
      const key = `batch/sweep/${task}/mass.svg`;
      objects.set(key, samplePlot(index));
      return [fit, { key, bytes: objects.get(key)!.length }];
    },
  });
}

describe("a report of 200 tasks", () => {
  it("shows all images and videos, without an error or a request", async () => {
    await open("media", sweep());
    await page.waitForFunction("[...document.querySelectorAll('video')].every(({ readyState }) => readyState >= 1)");
    expect(await ask("document.querySelectorAll('.gallery img').length")).toBeGreaterThan(20);
    expect(await ask("document.querySelectorAll('.gallery video').length")).toBe(2);
    expect(await check("undecodedMedia")).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it("plays a video while one points at it", async () => {
    await open("playing", sweep());
    await page.hover("video");
    await page.waitForFunction("document.querySelector('video').currentTime > 0");
    await page.hover("h1");
    await page.waitForFunction("document.querySelector('video').paused");
    expect(troubles).toEqual([]);
  });

  it("has a bar for each attempt, inside the timeline and in the order of time", async () => {
    const records = sweep();
    await open("timeline", records);
    const { frame, bars } = await check<{ frame: Box; bars: (Box & { start: string })[] }>("timelineBars");
    const attempts = records.flatMap(({ attempts }) => attempts);
    expect(bars).toHaveLength(attempts.length);
    for (const { left, right, top, bottom } of bars) {
      expect(left).toBeGreaterThanOrEqual(frame.left - 0.1);
      expect(right).toBeLessThanOrEqual(frame.right + 0.1);
      expect(top).toBeGreaterThanOrEqual(frame.top - 0.1);
      expect(bottom).toBeLessThanOrEqual(frame.bottom + 0.1);
      expect(right).toBeGreaterThan(left);
    }
    const times = attempts.flatMap(({ start, end }) => [Date.parse(start!), Date.parse(end!)]);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const second = ((frame.right - frame.left) / (last - first)) * 1000;
    for (const { left, start } of bars) {
      // Titles tell whole seconds.
      const expected = frame.left + ((Date.parse(`${start.replace(" ", "T")}Z`) - first) / 1000) * second;
      expect(Math.abs(left - expected)).toBeLessThanOrEqual(second + 0.5);
    }
  });

  it.each([
    [1280, "light"],
    [1280, "dark"],
    [400, "light"],
    [400, "dark"],
  ] as const)("fits %i px and can be read in %s colours", async (width, scheme) => {
    await open(`fits-${width}-${scheme}`, sweep(), { unfinished: ["SEED=21,ALPHA=0.0"] }, { width, scheme });
    expect(await scrollWidth()).toBe(width);
    if (width === 1280) {
      // All columns of the table are seen, none is behind its edge.
      const [inner, outer] = await ask<[number, number]>(
        "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(document.querySelector('.scroll'))",
      );
      expect(inner).toBeLessThanOrEqual(outer);
    }
    expect(await check("clippedTexts")).toEqual([]);
    expect(await check("faintTexts")).toEqual([]);
    expect(await check<boolean>("darkness")).toBe(scheme === "dark");
    const axes = await check<{ text: string; left: number; right: number }[][]>("axisLabels");
    expect(axes.map((labels) => labels.length)).toEqual([4, 4, expect.any(Number)]);
    const overlapping = axes.flatMap((labels) => labels.filter(({ left }, i) => i > 0 && left < labels[i - 1]!.right + 2));
    expect(overlapping).toEqual([]);
  });

  it("sorts and filters its table", async () => {
    await open("sorting", sweep());
    const column = (index: number) =>
      ask<string[]>(
        `[...document.querySelectorAll("#table tbody tr:not([hidden]) > :nth-child(${index})")].map((cell) => cell.dataset.v ?? cell.textContent)`,
      );
    await page.click("#table th:nth-child(5) button");
    const up = (await column(5)).map(Number);
    expect(up).toHaveLength(200);
    expect(up).toEqual([...up].sort((a, b) => a - b));
    await page.click("#table th:nth-child(5) button");
    expect((await column(5)).map(Number)).toEqual(up.reverse());
    expect(await ask("document.querySelector('#table th:nth-child(5)').ariaSort")).toBe("descending");
    await page.click("#table th:nth-child(1) button");
    expect((await column(1)).slice(0, 3)).toEqual(["SEED=0,ALPHA=0.0", "SEED=0,ALPHA=0.1", "SEED=0,ALPHA=0.2"]);
    await page.type("#filter", "failed converge");
    const statuses = await column(2);
    expect(statuses.length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set(["failed"]));
    expect(await ask("document.querySelector('#shown').textContent")).toBe(`${statuses.length} of 200 tasks`);
    expect(troubles).toEqual([]);
  });

  it("is whole without its script", async () => {
    await open("scriptless", sweep(), {}, { script: false });
    const visible = (selector: string) =>
      ask<number>(`[...document.querySelectorAll("${selector}")].filter((element) => element.getBoundingClientRect().height > 0).length`);
    expect(await visible("#table tbody tr")).toBe(200);
    expect(await visible("button, input")).toBe(0);
  });

  it("prints on white paper, with nothing cut off", async () => {
    await open("print", sweep(), {}, { width: 800, scheme: "dark" });
    await page.emulateMediaType("print");
    expect(await check<boolean>("darkness")).toBe(false);
    expect(await scrollWidth()).toBe(800);
    expect((await page.pdf({ format: "A4", timeout })).length).toBeGreaterThan(20_000);
  });
});

it.each([1280, 400])("fits %i px with names and reasons of any length", async (width) => {
  const long = (text: string) => text.repeat(60);
  const records = sampleRecords({ tasks: 12, nodes: 2, failing: 0 }).map((record, i): TaskRecord => {
    const node = `${i % 2 === 0 ? "first" : "second"}-pool-with-a-name-that-is-long-node-8c0d4e6a9b2${i % 2}`;
    const attempts = record.attempts.map((attempt) => ({
      ...attempt,
      node,
      exitCode: 3,
      reason: long("Reason"),
      log: long("Log"),
      logKey: long("key"),
    }));
    return { ...record, ...attempts[0]!, name: `${i}${long("Name")}`, status: "failed", attempts };
  });
  const parameters = { ...sampleParameters, name: "a".repeat(40), image: long("image"), resultsPrefix: `${long("prefix")}/` };
  await open(`long-${width}`, records, { parameters }, { width });
  expect(await scrollWidth()).toBe(width);
  expect(await check("clippedTexts")).toEqual([]);
});

it("is checked by what finds faults", async () => {
  await open("faults", sweep());
  await ask(`{
    const [heading, tile, image] = ["h1", ".totals dd", "img"].map((selector) => document.querySelector(selector));
    heading.style.color = "#999";
    tile.style.whiteSpace = "nowrap";
    tile.textContent = "wide ".repeat(100);
    image.src = "data:image/png;base64,AAAA";
    new Promise((resolve) => (image.onerror = resolve));
  }`);
  expect(await check("faintTexts")).toEqual([expect.stringMatching(/^H1 : 2\.8/)]);
  expect(await check("clippedTexts")).toEqual([expect.stringContaining("wide wide")]);
  expect(await check("undecodedMedia")).toHaveLength(1);
});

it("runs nothing that a record says, nor anything else that gets into the page", async () => {
  const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)></style></title></pre><svg onload=alert(3)>`;
  const [first] = sampleRecords({ tasks: 1, failing: 0 });
  const attempt = { ...first!.attempts[0]!, exitCode: 1, node: attack, reason: attack, log: attack, logKey: attack };
  const drawing = `batch/sweep/${attack}.svg`;
  const script = "<script>alert(5)</script>";
  objects.set(
    drawing,
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="alert(4)">${script}<rect width="9" height="9"/></svg>`),
  );
  const outputs = [{ key: drawing, bytes: 200 }];
  const evil: TaskRecord = { ...first!, ...attempt, name: attack, status: "failed", attempts: [attempt, attempt], outputs };
  await open("evil", [evil], { parameters: { ...sampleParameters, name: attack, image: attack }, unfinished: [attack] });
  expect(await check("undecodedMedia")).toEqual([]);
  expect(await ask("document.querySelector('h1').textContent")).toBe(attack);
  expect(await ask("document.querySelector('pre').textContent")).toBe(attack);
  expect(await ask("document.scripts.length")).toBe(1);
  expect(troubles).toEqual([]);
  const ran = await ask(`new Promise((resolve) => {
    document.body.insertAdjacentHTML("beforeend", '<img src="http://127.0.0.1:9/x.png" onerror="window.ran = 1">');
    const script = document.createElement("script");
    script.textContent = "window.ran = 1";
    document.body.append(script);
    setTimeout(() => resolve("ran" in window), 200);
  })`);
  expect(ran).toBe(false);
  expect(troubles.filter((trouble) => /Content Security Policy/.test(trouble)).length).toBeGreaterThanOrEqual(2);
});

it("shows 10,000 tasks on 100 nodes, and sorts them, within a minute", async () => {
  const started = Date.now();
  await open("large", sampleRecords({ tasks: 10_000, nodes: 100 }));
  await page.click("#table th:nth-child(5) button");
  expect(Number(await ask("document.querySelector('#table tbody td[data-v]').dataset.v"))).toBeLessThan(30);
  expect(await ask("document.querySelectorAll('#timeline .shade').length")).toBeGreaterThan(100);
  expect(await scrollWidth()).toBe(1280);
  expect(troubles).toEqual([]);
  expect(Date.now() - started).toBeLessThan(60_000);
});

it("marks where the time between runs is left out", async () => {
  const later = sampleRecords({ tasks: 6, start: "2026-11-27T09:00:00Z", job: "sweep-2" });
  await open("runs", [...sweep(), ...later.map((record) => ({ ...record, name: `late ${record.name}` }))]);
  const box = (selector: string) => ask<Box>(`document.querySelector("${selector}").getBoundingClientRect().toJSON()`);
  const [frame, cut] = [await box("#timeline"), await box("#timeline .cut")];
  expect(cut.left).toBeGreaterThan((frame.left + frame.right) / 2);
  expect(cut.left).toBeLessThan(frame.right);
});

it("looks as docs/report.md shows it", async () => {
  if (process.env.UPDATE_SCREENSHOTS) {
    await open("screenshot", sweep(), { cost: { nodeHours: 12, amount: 1.15, currency: "EUR" } }, { width: 1280 });
    const full = `${folder}/full.png` as const;
    const height = await ask<number>("Math.ceil(document.querySelector('figure.time').getBoundingClientRect().bottom) + 10");
    await page.screenshot({ path: full, clip: { x: 0, y: 0, width: 1280, height }, captureBeyondViewport: true });
    // 64 colours are enough for it, and a quarter of the size.
    await exec(ffmpeg, [
      "-loglevel",
      "error",
      "-y",
      "-i",
      full,
      "-vf",
      "split[a][b];[a]palettegen=max_colors=64[p];[b][p]paletteuse=dither=none",
      screenshot,
    ]);
  }
  expect(statSync(screenshot).size).toBeLessThan(150_000);
  expect(readFileSync(join(paths.root, "docs", "report.md"), "utf8")).toContain("(images/report.png)");
});
