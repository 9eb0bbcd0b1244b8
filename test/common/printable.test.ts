import { escapeControls, printable, printableLine } from "../../common/printable";

test.each([
  ["colours", "\x1b[1;31mred\x1b[0m", "red"],
  ["a screen that is cleared and a cursor that moves", "a\x1b[2J\x1b[3;4Hb", "ab"],
  ["a link and a window's title", "\x1b]8;;http://example.org\x07link\x1b]8;;\x1b\\ \x1b]0;title\x07.", "link ."],
  ["sequences of one character that begins them", "\x9b31mred\x9b0m \x9dtitle\x9c.", "red ."],
  ["a title without an end, which hides no other line", "\x1b]0;a\nb", "\nb"],
  ["a reset, a charset, a saved cursor", "\x1bca\x1b(B\x1b7b", "ab"],
])("escape sequences are removed: %s", (_what, text, expected) => expect(printable(text)).toBe(expected));

test("other control characters are shown", () => {
  expect(printable("bell \x07, NUL \0, backspace \b, escape \x1b")).toBe("bell \\u0007, NUL \\u0000, backspace \\u0008, escape \\u001b");
  expect(printable("gpj.\u202eexe")).toBe("gpj.\\u202eexe");
});

test("lines, tabs and all languages stay", () => {
  const text = "one\n\ttwo  é 日本 😀 שלום";
  expect(printable(text)).toBe(text);
});

test.each([
  ["  0 %\r 50 %\r100 %\n", "100 %\n"],
  ["a\r\nb\r\n", "a\nb\n"],
  ["10 %\r20 %\r", "20 %"],
  ["100 %\r     \rdone\n", "done\n"],
  ["\x1b[2K\rstep 1\x1b[2K\rstep 2\nnext", "step 2\nnext"],
])("of a line that is written over and over the last state stays: %j", (text, expected) => expect(printable(text)).toBe(expected));

test("what was cleaned stays as it is", () => {
  const once = printable("\x1b[31mred\x07\r\n");
  expect(printable(once)).toBe(once);
});

test("a cell is one line", () => expect(printableLine("a\n  b\tc")).toBe("a b c"));

test("in JSON, control characters are escaped as JSON does, and nothing is lost", () => {
  const value = { a: "\x9b31m\x7f\u202e\x1b[0m\r\n" };
  const json = escapeControls(JSON.stringify(value));
  // eslint-disable-next-line no-control-regex -- these are what it is about
  expect(json).not.toMatch(/[\0-\x1f\x7f-\x9f\u202e]/);
  expect(JSON.parse(json)).toEqual(value);
});
