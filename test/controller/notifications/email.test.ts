/** E-mails, with a real SMTP server on the loopback interface. */
import { type AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { selfSigned } from "../../batch/fakes/certificate";
import { until } from "./clock";
import { createProcess, stopAll } from "./world";

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const password = "hunter2-and-more";

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body as they came. */
  readonly text: string;
  readonly secure: boolean;
  readonly user?: string;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await stopAll();
});

const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

/** @param answer of each message, after it has come; undefined: taken */
async function listen(options: SMTPServerOptions = {}, answer: (n: number) => Error | undefined = () => undefined) {
  const received: Received[] = [];
  const own = await selfSigned();
  const server = new SMTPServer({
    ...{ ...own, authOptional: true, disableReverseLookup: true, logger: false, closeTimeout: 1 },
    onAuth: ({ username, password: given }, _session, callback) =>
      given === password ? callback(null, { user: username }) : callback(refusal(535, `wrong password ${String(given)}`)),
    onData(stream, { envelope, secure, user }, callback) {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("end", () => {
        const fault = answer(received.length);
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({ from: envelope.mailFrom ? envelope.mailFrom.address : "", to, text, secure, user: user as string | undefined });
        callback(fault);
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, received, authorities: own.cert };
}

const target = (port: number, smtp: object = { security: "none" }, to: readonly string[] = ["a@example.com"]) => ({
  name: "mail",
  email: { from: "batch@example.org", to, smtp: { host: "127.0.0.1", port, ...smtp } },
});

const headerOf = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, "im").exec(text.replace(/\r\n[ \t]+/g, " "))?.[1]?.trim();

/** The parts of a message, as they were before their transfer encoding. */
const bodyOf = (text: string): string =>
  Buffer.from(
    text.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  ).toString();

test("an e-mail is sent once, with a subject that says it, as text and as HTML", async () => {
  const { port, received } = await listen();
  const here = createProcess([target(port, { security: "none" }, ["a@example.com", "b@example.com"])]);
  here.start();
  await here.tell();
  await here.pass(24 * hour);
  expect(here.state("mail")).toEqual(["sent"]);
  expect(received).toHaveLength(1);
  const [{ from, to, text }] = received as [Received];
  expect({ from, to }).toEqual({ from: "batch@example.org", to: ["a@example.com", "b@example.com"] });
  expect(headerOf(text, "Subject")).toBe("[mks-batch] sweep: failed (3 of 100 tasks)");
  expect(headerOf(text, "Message-ID")).toMatch(/^<[0-9a-f]{32}@example\.org>$/);
  expect(headerOf(text, "Auto-Submitted")).toBe("auto-generated");
  expect(headerOf(text, "Content-Type")).toMatch(/^multipart\/alternative/);
  const body = bodyOf(text);
  expect(body).toContain("- 2 tasks: no beam (SEED=1, SEED=3)");
  expect(body).toMatch(/<li>2 tasks: no beam \(SEED=1, SEED=3\)<\/li>/);
  expect(body).toContain("Report: s3://results/batch/sweep/report.html");
});

test("a server that is busy gets it later, with the same Message-ID", async () => {
  const { port, received } = await listen({}, (n) => (n < 2 ? refusal(451, "busy") : undefined));
  const here = createProcess([target(port)]);
  here.start();
  await here.tell();
  await here.pass(hour);
  expect(received).toHaveLength(3);
  expect(new Set(received.map(({ text }) => headerOf(text, "Message-ID"))).size).toBe(1);
  expect(here.outcomes).toEqual(["mail failed", "mail failed", "mail sent"]);
  expect(here.lines[0]).toMatchObject({ level: "warn", error: "SMTP 451 to DATA" });
});

test("a recipient that is refused is given up, and the address is in no log", async () => {
  const { port, received } = await listen({
    onRcptTo: ({ address }, _session, callback) => callback(address === "a@example.com" ? null : refusal(550, `no ${address} here`)),
  });
  const here = createProcess([target(port, { security: "none" }, ["nobody@example.com"])]);
  here.start();
  await here.tell();
  await here.pass(24 * hour);
  expect(received).toHaveLength(0);
  expect(here.state("mail")).toEqual(["refused"]);
  expect(here.outcomes).toEqual(["mail failed", "mail given_up"]);
  expect(here.lines).toEqual([expect.objectContaining({ text: "a notification is given up", error: "SMTP 550 to RCPT TO" })]);
  expect(JSON.stringify([here.lines, ...here.bucket.objects])).not.toContain("nobody");
});

test("where some recipients are refused, the others get it once", async () => {
  const { port, received } = await listen({
    onRcptTo: ({ address }, _session, callback) => callback(address === "a@example.com" ? null : refusal(550, "no")),
  });
  const here = createProcess([target(port, { security: "none" }, ["a@example.com", "nobody@example.com"])]);
  here.start();
  await here.tell();
  await here.pass(24 * hour);
  expect(received.map(({ to }) => to)).toEqual([["a@example.com"]]);
  expect(here.lines).toEqual([expect.objectContaining({ level: "info", note: "the mail server refused 1 recipient" })]);
});

describe("encryption", () => {
  const starttls = { security: "starttls", username: "batch", password };

  test("by STARTTLS comes before the account and the message", async () => {
    const { port, received, authorities } = await listen();
    const here = createProcess([target(port, starttls)], undefined, { authorities });
    here.start();
    await here.tell();
    await here.pass(second);
    expect(received).toEqual([expect.objectContaining({ secure: true, user: "batch" })]);
  });

  test("from the start is tls", async () => {
    const { port, received, authorities } = await listen({ secure: true });
    const here = createProcess([target(port, { ...starttls, security: "tls" })], undefined, { authorities });
    here.start();
    await here.tell();
    await here.pass(second);
    expect(received).toEqual([expect.objectContaining({ secure: true, user: "batch" })]);
  });

  test("is required: a server without STARTTLS gets neither account nor message", async () => {
    const commands: string[] = [];
    const { port, received } = await listen({ disabledCommands: ["STARTTLS"], onAuth: () => commands.push("AUTH") });
    const here = createProcess([target(port, starttls)]);
    here.start();
    await here.tell();
    await here.pass(minute);
    expect(here.outcomes[0]).toBe("mail failed");
    expect(here.outcomes).not.toContain("mail sent");
    expect([commands, received]).toEqual([[], []]);
  });

  test("needs a certificate that is trusted", async () => {
    const { port, received } = await listen();
    const here = createProcess([target(port, starttls)]);
    here.start();
    await here.tell();
    await here.pass(minute);
    expect(here.state("mail")).toEqual(["pending"]);
    expect(here.lines).toEqual([expect.objectContaining({ error: "DEPTH_ZERO_SELF_SIGNED_CERT" })]);
    expect(received).toEqual([]);
  });
});

test("a wrong password is final, and in no log", async () => {
  const { port, authorities } = await listen();
  const wrong = "hunter3-is-wrong";
  const here = createProcess([target(port, { security: "starttls", username: "batch", password: wrong })], undefined, { authorities });
  here.start();
  await here.tell();
  await here.pass(24 * hour);
  expect(here.state("mail")).toEqual(["refused"]);
  expect(here.lines).toEqual([expect.objectContaining({ error: expect.stringMatching(/^SMTP 535 to AUTH/) as string })]);
  const told = JSON.stringify([here.lines, ...here.bucket.objects]);
  for (const secret of [wrong, Buffer.from(wrong).toString("base64"), Buffer.from(`\0batch\0${wrong}`).toString("base64")])
    expect(told).not.toContain(secret);
});

test("a server that hangs is left after 20 seconds, and tried again", async () => {
  let hangs = true;
  let connections = 0;
  const { port, received } = await listen({
    onConnect: (_session, callback) => {
      connections++;
      if (!hangs) callback();
    },
  });
  const here = createProcess([target(port)]);
  here.start();
  await here.tell();
  await until(() => connections === 1);
  hangs = false;
  here.clock.advanceTo(here.clock.now() + 20 * second);
  await here.idle();
  expect(here.lines).toEqual([expect.objectContaining({ error: "no answer in time" })]);
  await here.pass(5 * second);
  expect(received).toHaveLength(1);
  expect(here.state("mail")).toEqual(["sent"]);
});
