import { type TaskRecord } from "../../batch/records";
import { type PageOptions, renderPage } from "../../report";
import { escapeText, html } from "../../report/html";
import { loadMedia } from "../../report/media";
import { modelOf } from "../../report/model";
import { timeline } from "../../report/timeline";
import { sampleParameters, sampleRecords } from "./sample";

const now = new Date("2026-11-21T00:00:00Z");
const none = { getBytes: () => Promise.resolve(undefined) };

const page = async (records: readonly TaskRecord[], more: Partial<PageOptions> = {}): Promise<string> =>
  (await renderPage({ parameters: sampleParameters, records, store: none, now, ...more })).content.toString();

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

describe("escaping", () => {
  it("lets nothing out of text or a quoted attribute", () => {
    expect(html`<a title="${`"'<&>`}">${"</a>"}</a>`.text).toBe('<a title="&quot;&#39;&lt;&amp;&gt;">&lt;/a&gt;</a>');
    expect(escapeText("a\0b\x1bc\nd\ud800")).toBe("a\ufffdb\ufffdc\nd\ufffd");
    expect(html`${false}${undefined}${[1, html`<b></b>`, "<b>"]}`.text).toBe("1<b></b>&lt;b&gt;");
  });

  const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>'--></style></title><svg onload=alert(1)>`;

  it("holds for every text of a record", async () => {
    const [first] = sampleRecords({ tasks: 1, failing: 0 });
    const attempt = { ...first!.attempts[0]!, exitCode: 1, pod: attack, node: attack, reason: attack, log: attack, logKey: attack };
    const evil: TaskRecord = {
      ...first!,
      ...attempt,
      name: attack,
      status: "failed",
      attempts: [{ ...attempt, reason: `${attack}retry` }, attempt],
      memory: attack,
      outOfMemory: true,
      outputs: [
        { key: `${attack}.svg`, bytes: 10 },
        { key: `${attack}.webm`, bytes: 10 },
        { key: `${attack}gone.png`, bytes: 10 },
        { key: `${attack}large.png`, bytes: 1e9 },
      ],
      job: { ...first!.job, name: attack },
    };
    const parameters = { ...sampleParameters, name: attack, image: attack, pool: attack, memory: attack, store: { bucket: attack } };
    const store = { getBytes: (key: string) => Promise.resolve(key.includes("gone") ? undefined : Buffer.from(attack)) };
    const text = await page([evil], { parameters, store, unfinished: [attack] });
    // The one script is the page's own, and no element or attribute comes from a record.
    expect(count(text, /<script/g)).toBe(1);
    const tags = text
      .slice(text.indexOf("<body>"), text.indexOf("<script"))
      .replace(/"[^"]*"/g, '""')
      .match(/<[a-z][^>]*>/g)!;
    expect(tags.filter((tag) => /\son[a-z]+=|src=[^"]/.test(tag))).toEqual([]);
    expect(count(text, /<\/style>/g)).toBe(1);
    expect(count(text, /<\/title\s*>/g)).toBe(count(text, /<title>/g));
    expect(count(text, /&quot;&gt;&lt;script&gt;alert\(1\)/g)).toBeGreaterThan(15);
    // A drawing can hold a script: as an image it does not run.
    expect(text).toContain(`<img src="data:image/svg+xml;base64,${Buffer.from(attack).toString("base64")}"`);
  });

  it("takes the colours of a terminal out of logs", async () => {
    const [first] = sampleRecords({ tasks: 1, failing: 0 });
    const log = "\x1b[31mred\x1b[0m \x1b]8;;http://example.org\x07link\x1b]8;;\x07\r\nnext\x07";
    const text = await page([{ ...first!, status: "failed", attempts: [{ ...first!.attempts[0]!, exitCode: 1, log }] }]);
    expect(text).toContain(">red link\nnext\\u0007</pre>");
  });
});

describe("the page", () => {
  it("asks for nothing from elsewhere and allows no other script", async () => {
    const text = await page(sampleRecords({ tasks: 50 }));
    expect(text).not.toMatch(/(src|href)="(?!data:)/);
    expect(text).not.toMatch(/\sstyle=|\son[a-z]+=|@import|url\((?!#)/);
    expect(/Content-Security-Policy" content="([^"]+)"/.exec(text)![1]!.replaceAll("&#39;", "'")).toMatch(
      /^default-src 'none'; img-src data:; media-src data:; style-src 'sha256-[^ ]+'; script-src 'sha256-[^ ]+'; base-uri 'none'; form-action 'none'$/,
    );
  });

  it("has a row for each task and a bar for each attempt", async () => {
    const records = sampleRecords({ tasks: 200, failing: 0.1 });
    const text = await page(records, { unfinished: ["late"] });
    const attempts = records.reduce((sum, record) => sum + record.attempts.length, 0);
    expect(count(text, /<th scope="row"[^>]*>SEED/g)).toBe(200);
    expect(text).toMatch(/<th scope="row"[^>]*>late<\/th>/);
    expect(count(text.slice(text.indexOf('id="timeline"'), text.indexOf('class="plot axis"')), /<rect class="bar /g)).toBe(attempts);
  });

  it("of a Job without tasks says so", async () => {
    const text = await page([]);
    expect(text).toContain("No tasks");
    expect(text).toContain("No attempt has been recorded yet.");
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("of a Job whose tasks are all at work names them", async () => {
    const text = await page([], { unfinished: ["first", "second"] });
    expect(text).toContain("2 tasks not ended");
    expect(text).toMatch(/<th scope="row"[^>]*>first<\/th>\s*<td\s*>not ended<\/td>/);
  });

  it("of one task is whole", async () => {
    const text = await page(sampleRecords({ tasks: 1, failing: 0 }));
    expect(text).toMatch(/<\/span> Complete<\/p>/);
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("of 10,000 tasks on 100 nodes is smaller than 5 MB and takes little memory", async () => {
    const records = sampleRecords({ tasks: 10_000, nodes: 100 });
    const before = process.memoryUsage().rss;
    const text = await page(records);
    expect(process.memoryUsage().rss - before).toBeLessThan(250e6);
    expect(Buffer.byteLength(text)).toBeLessThan(5e6);
    expect(count(text, /<th scope="row"[^>]*>SEED/g)).toBe(10_000);
  });

  it("of more tasks has rows of 10,000, first of those that did not succeed", async () => {
    const records = sampleRecords({ tasks: 10_300, nodes: 100 });
    const failed = records.filter(({ status }) => status === "failed").length;
    const text = await page(records, { unfinished: ["late"] });
    expect(count(text, /<th scope="row"/g)).toBe(10_000 + count(text.slice(0, text.indexOf('id="table"')), /<th scope="row"/g));
    expect(count(text, /<tr class="failed"/g)).toBe(failed);
    expect(count(text, /<tr class="unfinished"/g)).toBe(1);
    expect(text).toContain("301 further tasks are left out: those that failed or have not ended come first.");
  });

  it("of 10,000 tasks that all fail, each with its own reason and a long log, is smaller than 10 MB", async () => {
    const records = sampleRecords({ tasks: 10_000, nodes: 100 }).map((record, i): TaskRecord => {
      const attempts = record.attempts.map((attempt) => ({
        ...attempt,
        exitCode: 1,
        log: `${i} `.repeat(1000),
        reason: `broken ${i} ${"x".repeat(4000)}`,
      }));
      return { ...record, status: "failed", reason: attempts[0]!.reason, exitCode: 1, attempts };
    });
    expect(Buffer.byteLength(await page(records))).toBeLessThan(10e6);
  });
});

describe("the timeline", () => {
  it("sums up what is too much to draw, and says so", () => {
    const many = timeline(modelOf({ records: sampleRecords({ tasks: 6000, nodes: 130 }), now }));
    expect(many.detailed).toBe(false);
    expect(many.height).toBeLessThan(1600);
    expect(many.notes).toEqual([
      expect.stringMatching(/^6,\d+ attempts on 130 nodes are too many to draw each/),
      "The last lane sums up the 31 nodes that began to work last.",
    ]);
  });

  it("counts every attempt in the titles of its lanes", () => {
    const model = modelOf({ records: sampleRecords({ tasks: 6000, nodes: 130 }), now });
    const text = html`${timeline(model).labels}`.text;
    const counted = [...text.matchAll(/: ([\d,]+) attempt/g)].reduce((sum, [, digits]) => sum + Number(digits!.replace(",", "")), 0);
    expect(counted).toBe(model.totals.attempts);
  });
});

describe("images and videos", () => {
  const output = (name: string, bytes: number) => ({ key: `out/${name}`, bytes });
  const [task] = sampleRecords({ tasks: 1 });
  const record = (...outputs: { key: string; bytes: number }[]): TaskRecord => ({ ...task!, outputs });
  const store = { getBytes: (key: string) => Promise.resolve(key.includes("gone") ? undefined : Buffer.alloc(10)) };

  it("are embedded in order as far as they fit, the others are listed", async () => {
    const records = [
      record(output("a.png", 10), output("data.json", 10)),
      record(output("b.WEBM", 10), output("huge.mp4", 1000)),
      record(output("c.svg", 10), output("gone.gif", 10), output("d.jpg", 1)),
    ];
    const { pictures, left, gone } = await loadMedia(store, records, 40);
    expect(pictures.map(({ output, video }) => [output.key, video])).toEqual([
      ["out/a.png", false],
      ["out/b.WEBM", true],
      ["out/c.svg", false],
    ]);
    expect(left.map(({ key }) => key)).toEqual(["out/huge.mp4", "out/d.jpg"]);
    expect(gone.map(({ key }) => key)).toEqual(["out/gone.gif"]);
    const text = await page(records, { store, mediaBytes: 40 });
    expect(text).toMatch(/<video\s+src="data:video\/webm;base64,/);
    expect(text).toContain("2 further images or videos would make this page too large; they are in the bucket");
  });

  it("that grew since they were recorded do not make the page larger than it may be", async () => {
    const grown = { getBytes: () => Promise.resolve(Buffer.alloc(1000)) };
    const { pictures, left } = await loadMedia(grown, [record(output("a.png", 10), output("b.png", 10))], 100);
    expect([pictures.length, left.length]).toEqual([0, 2]);
  });

  it("of the same key are embedded once", async () => {
    const { pictures } = await loadMedia(store, [record(output("a.png", 10)), record(output("a.png", 10))]);
    expect(pictures).toHaveLength(1);
  });
});
