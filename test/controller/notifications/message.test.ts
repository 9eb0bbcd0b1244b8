import { slackForm, teamsForm } from "../../../controller/notifications/chat";
import { mailOf } from "../../../controller/notifications/email";
import { deliveryKey, messageOf, messageSchema } from "../../../controller/notifications/notice";
import { headline, plainText } from "../../../controller/notifications/text";
import { sampleNotice } from "./sample";

const row = { name: "a", fingerprint: "f", status: "failed", attempts: 1, outputs: [] } as const;
const evil = "\u001b[31m<!channel> @here ![x](http://evil.example/x.png) <script>alert(1)</script>\u202e\n*bold*";
const evilNotice = sampleNotice({ result: { tasks: [{ ...row, name: evil, reason: evil }], reason: evil } });

test("a message says what there is to know of the end", () => {
  expect(messageOf(sampleNotice(), { cluster: "prod" })).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    job: "sweep",
    namespace: "batch",
    cluster: "prod",
    status: "failed",
    counts: { total: 100, succeeded: 97, failed: 3, unfinished: 0 },
    startedAt: "2026-11-20T18:04:10Z",
    finishedAt: "2026-11-20T18:22:40Z",
    durationSeconds: 1110,
    cost: { nodeHours: 1.2333, amount: 0.2343, currency: "EUR" },
    failures: [
      { reason: "no beam", tasks: 2, examples: ["SEED=1", "SEED=3"] },
      { reason: "OOMKilled: used more than its memory (1Gi)", tasks: 1, examples: ["SEED=2"] },
    ],
    otherFailures: 0,
    report: "s3://results/batch/sweep/report.html",
    submittedBy: "mks-batch",
  });
});

test("of a Job that never ran, without a price or a report, it leaves out what is not known", () => {
  const notice = sampleNotice({
    result: {
      status: "unfinished",
      counts: { total: 2, succeeded: 0, failed: 0, skipped: 0 },
      startedAt: "",
      finishedAt: "",
      tasks: [],
      cost: { nodeHours: 0 },
      reason: "no node",
    },
    reportKey: undefined,
    submittedBy: undefined,
  });
  const message = messageOf(notice);
  expect(Object.keys(message).sort()).toEqual([
    "cost",
    "counts",
    "failures",
    "id",
    "job",
    "namespace",
    "otherFailures",
    "reason",
    "status",
  ]);
  expect(message.counts.unfinished).toBe(2);
  expect(plainText(message)).toBe(
    [
      "sweep: unfinished (2 of 2 tasks)",
      "",
      "Tasks: 0 succeeded, 2 did not end",
      "Reason: no node",
      "Cost: 0 node-hours",
      "Namespace: batch",
    ].join("\n"),
  );
});

test("five reasons are told, and the others counted", () => {
  const tasks = ["a", "b", "c", "d", "e", "f", "g", "a"].map((letter, i) => ({
    ...row,
    name: `SEED=${i}`,
    reason: `${letter} went wrong`,
  }));
  const { failures, otherFailures } = messageOf(sampleNotice({ result: { tasks } }));
  expect(failures.map(({ tasks: count }) => count)).toEqual([2, 1, 1, 1, 1]);
  expect(otherFailures).toBe(2);
});

test("it is small, however much the tasks say", () => {
  const tasks = Array.from({ length: 1000 }, (_, i) => ({
    ...row,
    name: `${"n".repeat(1000)}${i}`,
    reason: String.fromCharCode(97 + (i % 26)).repeat(4000),
  }));
  expect(JSON.stringify(messageOf(sampleNotice({ result: { tasks, reason: "r".repeat(10_000) } }))).length).toBeLessThan(5_000);
});

test("its ids differ from end to end, Job to Job and target to target, and are the same at each call", () => {
  const message = messageOf(sampleNotice());
  expect(messageOf(sampleNotice()).id).toBe(message.id);
  expect(messageOf(sampleNotice({ id: "other" })).id).not.toBe(message.id);
  expect(messageOf(sampleNotice({ parameters: { name: "other" } })).id).not.toBe(message.id);
  expect(deliveryKey(message, "a")).toBe(deliveryKey(message, "a"));
  expect(new Set([message.id, deliveryKey(message, "a"), deliveryKey(message, "b")]).size).toBe(3);
});

test("a link is one that a browser understands, where there is a base for it", () => {
  const link = (resultsPrefix: string) =>
    messageOf(sampleNotice({ reportKey: `${resultsPrefix}report.html` }), { linkBase: "https://reports.example.com/" }).report;
  expect(link("batch/sweep/")).toBe("https://reports.example.com/batch/sweep/report.html");
  expect(link("a b/<é>/")).toBe("https://reports.example.com/a%20b/%3C%C3%A9%3E/report.html");
});

test.each([
  ["complete", { total: 1, succeeded: 1, failed: 0 }, "sweep: complete (1 task)"],
  ["failed", { total: 100, succeeded: 97, failed: 3 }, "sweep: failed (3 of 100 tasks)"],
  ["unfinished", { total: 9, succeeded: 2, failed: 3 }, "sweep: unfinished (4 of 9 tasks)"],
] as const)("the headline of a Job that is %s", (status, counts, text) => {
  expect(headline(messageOf(sampleNotice({ result: { status, counts: { ...counts, skipped: 0 } } })))).toBe(text);
});

test("as text it is plain English", () => {
  expect(plainText(messageOf(sampleNotice(), { cluster: "prod" }))).toBe(
    [
      "sweep: failed (3 of 100 tasks)",
      "",
      "Tasks: 97 succeeded, 3 failed",
      "Ran: 2026-11-20 18:04:10 to 2026-11-20 18:22:40 UTC (18 min 30 s)",
      "Cost: 1.23 node-hours, 0.23 EUR",
      "Namespace: batch of prod",
      "Submitted by: mks-batch",
      "",
      "Why tasks failed:",
      "- 2 tasks: no beam (SEED=1, SEED=3)",
      "- 1 task: OOMKilled: used more than its memory (1Gi) (SEED=2)",
      "",
      "Report: s3://results/batch/sweep/report.html",
    ].join("\n"),
  );
});

describe("what tasks say", () => {
  test("moves no cursor and stays on its line", () => {
    const message = messageOf(evilNotice);
    const said = [message.reason, ...message.failures.flatMap(({ reason, examples }) => [reason, ...examples])];
    expect(said).toHaveLength(3);
    // eslint-disable-next-line no-control-regex -- these must not be there
    for (const text of said) expect(text).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  test("mentions nobody, links nothing and is no markup in a chat", () => {
    const slack = JSON.stringify(slackForm(messageOf(evilNotice)));
    expect(slack).not.toContain("<!channel>");
    expect(slack).not.toContain("@here");
    expect(slack).not.toContain("](");
    expect(slack).not.toContain("<script>");
    expect(JSON.stringify(teamsForm(messageOf(evilNotice)))).not.toContain("](");
  });

  test("is no HTML in an e-mail", () => {
    const { html, text } = mailOf({ from: "a@example.org", to: ["b@example.org"] }, messageOf(evilNotice), "key");
    expect(html).not.toContain("<script>");
    expect(html).toContain("&lt;script&gt;");
    expect(text).toContain("<script>");
  });
});

describe("the form of Slack", () => {
  interface Form {
    readonly text: string;
    readonly blocks: { readonly type: string; readonly text: { readonly type: string; readonly text: string } }[];
  }
  const form = (...all: Parameters<typeof messageOf>) => slackForm(messageOf(...all)) as Form;

  test("has blocks, and a text that says the same where they are not known", () => {
    const { text, blocks } = form(sampleNotice());
    expect(text).toBe(plainText(messageOf(sampleNotice())));
    expect(blocks.map(({ type }) => type)).toEqual(["header", "section", "section", "section"]);
    expect(blocks.map(({ text: { text } }) => text.split("\n")[0])).toEqual([
      "sweep: failed (3 of 100 tasks)",
      "*Tasks:* 97 succeeded, 3 failed",
      "*Why tasks failed:*",
      "Report: s3://results/batch/sweep/report.html",
    ]);
  });

  test("links the report where that is a URL", () => {
    expect(form(sampleNotice(), { linkBase: "https://r.example.com/" }).blocks.at(-1)?.text.text).toBe(
      "<https://r.example.com/batch/sweep/report.html|Report>",
    );
  });

  test("keeps within Slack's limits", () => {
    const tasks = Array.from({ length: 50 }, (_, i) => ({
      ...row,
      name: `${i % 9}`.repeat(500),
      reason: `${String.fromCharCode(97 + (i % 6))}<`.repeat(400),
    }));
    const { blocks } = form(sampleNotice({ result: { tasks, reason: "&".repeat(5000) } }));
    for (const { type, text } of blocks) expect(text.text.length).toBeLessThanOrEqual(type === "header" ? 150 : 3000);
  });
});

test("the form of Teams is an Adaptive Card", () => {
  expect(teamsForm(messageOf(sampleNotice(), { linkBase: "https://r.example.com/" }))).toEqual({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.2",
          body: [
            { type: "TextBlock", text: "sweep: failed (3 of 100 tasks)", wrap: true, size: "large", weight: "bolder", color: "attention" },
            { type: "FactSet", facts: expect.arrayContaining([{ title: "Tasks", value: "97 succeeded, 3 failed" }]) as unknown },
            { type: "TextBlock", text: "Why tasks failed:", wrap: true, weight: "bolder" },
            { type: "TextBlock", text: "2 tasks: no beam (SEED=1, SEED=3)", wrap: true },
            { type: "TextBlock", text: "1 task: OOMKilled: used more than its memory (1Gi) (SEED=2)", wrap: true },
          ],
          actions: [{ type: "Action.OpenUrl", title: "Report", url: "https://r.example.com/batch/sweep/report.html" }],
        },
      },
    ],
  });
});

test("a message can be read again from the bucket", () => {
  for (const notice of [sampleNotice(), evilNotice]) {
    const message = messageOf(notice, { cluster: "c" });
    expect(messageSchema.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
  }
});
