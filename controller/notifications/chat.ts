/** The forms that chats take. Pure. */
import { shortened } from "../../common/text";
import { type Message } from "./notice";
import { facts, failureLines, headline, plainText } from "./text";

/** Characters that Slack allows of a header, and of a section. */
const longest = { header: 150, section: 2_900 };

/** Text of others in which no Markdown makes a link or loads a picture. */
const unlinked = (text: string): string => text.replaceAll("](", "]\u200b(");

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** @see https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string): string => text.replace(/[&<>]/g, (character) => entities[character]!);

/** Text of others for Slack and Mattermost: it links nothing, and mentions nobody. */
const plain = (text: string): string => escaped(unlinked(text)).replaceAll("@", "@\u200b");

const isWeb = (link: string): boolean => /^https?:/.test(link);

/**
 * Slack shows the blocks, and the text where there is no room for them. Mattermost knows no blocks and shows the text, which therefore says everything.
 * @see https://docs.slack.dev/reference/block-kit/blocks
 */
export function slackForm(message: Message): object {
  const { report } = message;
  const failures = failureLines(message).map((line) => `• ${plain(line)}`);
  const known = facts(message).map(([name, value]) => `*${name}:* ${plain(value)}`);
  const section = (lines: readonly string[]) => ({ type: "section", text: { type: "mrkdwn", text: cut(lines, longest.section) } });
  return {
    text: plain(plainText(message)),
    blocks: [
      { type: "header", text: { type: "plain_text", text: shortened(headline(message), longest.header) } },
      section(known),
      ...(failures.length > 0 ? [section(["*Why tasks failed:*", ...failures])] : []),
      ...(report === undefined ? [] : [section([isWeb(report) ? `<${escaped(report)}|Report>` : `Report: ${plain(report)}`])]),
    ],
  };
}

/** Lines as far as they fit. */
function cut(lines: readonly string[], most: number): string {
  let text = "";
  for (const line of lines) {
    if (text.length + line.length > most) return `${text}\n…`;
    text += text === "" ? line : `\n${line}`;
  }
  return text;
}

/**
 * An Adaptive Card, which is all that workflows of Teams take.
 * @see https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export function teamsForm(message: Message): object {
  const { report, status } = message;
  const failures = failureLines(message);
  const block = (text: string, more: object = {}) => ({ type: "TextBlock", text: unlinked(text), wrap: true, ...more });
  const color = { complete: "good", failed: "attention", unfinished: "warning" }[status];
  const card = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.2",
    body: [
      block(headline(message), { size: "large", weight: "bolder", color }),
      { type: "FactSet", facts: facts(message).map(([title, value]) => ({ title, value: unlinked(value) })) },
      ...(failures.length > 0 ? [block("Why tasks failed:", { weight: "bolder" }), ...failures.map((line) => block(line))] : []),
      ...(report && !isWeb(report) ? [block(`Report: ${report}`)] : []),
    ],
    ...(report && isWeb(report) && { actions: [{ type: "Action.OpenUrl", title: "Report", url: report }] }),
  };
  return { type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: card }] };
}
