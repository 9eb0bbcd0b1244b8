/** Sends a message by e-mail. */
import { type EmailSettings } from "../../common/notification-settings";
import { plural } from "../../common/text";
import { html } from "../../report/html";
import { type Message } from "./notice";
import { type Outcome, type Sending } from "./sending";
import { facts, failureLines, headline, plainText } from "./text";

const ports = { tls: 465, starttls: 587, none: 25 } as const;

/** Milliseconds to connect, to be greeted, and of silence. */
const patience = 10_000;

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
}

/** The e-mail; its Message-ID is the same at each try, so that mail programs show it once. */
export function mailOf({ from, to }: Pick<EmailSettings, "from" | "to">, message: Message, key: string): Mail {
  return {
    from,
    to,
    subject: `[mks-batch] ${headline(message)}`,
    text: `${plainText(message)}\n`,
    html: page(message),
    messageId: `<${key}@${from.slice(from.lastIndexOf("@") + 1)}>`,
  };
}

function page(message: Message): string {
  const failures = failureLines(message);
  const { report } = message;
  const rows = facts(message).map(
    ([name, value]) =>
      html`<tr>
        <th align="left">${name}</th>
        <td>${value}</td>
      </tr>`,
  );
  return html`<!doctype html>
    <html lang="en">
      <body>
        <h2>${headline(message)}</h2>
        <table cellpadding="4">
          ${rows}
        </table>
        ${
          failures.length > 0 &&
          html`<h3>Why tasks failed</h3>
            <ul>
              ${failures.map((line) => html`<li>${line}</li>`)}
            </ul>`
        }
        ${report !== undefined && html`<p>Report: ${/^https?:/.test(report) ? html`<a href="${report}">${report}</a>` : report}</p>`}
      </body>
    </html> `.text;
}

/**
 * Never throws. Where a server takes it for some recipients only, it is sent: another try would reach those again.
 * @param authorities certificates that the server's may be signed by, PEM. @default the public ones
 */
export async function sendEmail(settings: EmailSettings, { message, key, signal }: Sending, authorities?: string): Promise<Outcome> {
  const { host, port, security, username, password } = settings.smtp;
  try {
    // Most stacks send none.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      host,
      port: port ?? ports[security],
      secure: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      ...(username !== undefined && { auth: { user: username, pass: password } }),
      ...(authorities !== undefined && { tls: { ca: authorities } }),
      connectionTimeout: patience,
      greetingTimeout: patience,
      socketTimeout: patience,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const { to, ...mail } = mailOf(settings, message, key);
    const { rejected } = await transport.sendMail({ ...mail, to: [...to], headers: { "Auto-Submitted": "auto-generated" }, signal });
    const refused = rejected.length;
    return { kind: "sent", ...(refused > 0 && { note: `the mail server refused ${plural(refused, "recipient")}` }) };
  } catch (error) {
    return signal.aborted ? { kind: "failed", error: "no answer in time" } : outcomeOf(error as SmtpError);
  }
}

interface SmtpError {
  readonly code?: string;
  /** Of the system's or TLS's own error, such as ECONNREFUSED. */
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly command?: string;
  /** That the same would be refused again. */
  readonly permanent?: boolean;
}

/** Without the server's own words, which may hold addresses. */
function outcomeOf({ code, originalCode = code, responseCode, command, permanent }: SmtpError): Outcome {
  const error = responseCode ? `SMTP ${responseCode}${command ? ` to ${command}` : ""}` : (originalCode ?? "the connection failed");
  return { kind: permanent ? "refused" : "failed", error };
}
