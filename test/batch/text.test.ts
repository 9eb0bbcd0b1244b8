import { parseIndexes } from "../../batch/jobs/indexes";
import { fill, glob, unknownPlaceholders } from "../../batch/spec/pattern";

describe("glob", () => {
  test.each<[string, string[], string[]]>([
    ["*.mp4", ["a.mp4", ".mp4"], ["a.mp4x", "b/a.mp4", "a-mp4"]],
    ["**", ["a", "a/b/c", ""], []],
    ["**/*.mp4", ["a.mp4", "x/y/a.mp4"], ["a.mov"]],
    ["raw/**", ["raw/", "raw/a/b"], ["raw", "xraw/a"]],
    ["take-?.mp4", ["take-1.mp4"], ["take-.mp4", "take-10.mp4", "take-/.mp4"]],
    ["*.{mp4,mov}", ["a.mp4", "a.mov"], ["a.mp4,mov", "a.avi"]],
    ["*.{c++,a.b}", ["x.c++", "x.a.b"], ["x.c", "x.aXb"]],
    ["a.b+(c)[d]^$|\\", ["a.b+(c)[d]^$|\\"], ["aXb+(c)[d]^$|\\"]],
    ["line*", ["line\nbreak"], []],
  ])("%s", (pattern, matching, others) => {
    expect(matching.filter((name) => !glob(pattern).test(name))).toEqual([]);
    expect(others.filter((name) => glob(pattern).test(name))).toEqual([]);
  });
});

describe("placeholders", () => {
  test.each([
    ["{key}", "videos/2024/a.b.mp4"],
    ["{name}", "2024/a.b.mp4"],
    ["thumbnails/{stem}.webm", "thumbnails/2024/a.b.webm"],
    ["{stem}-{stem}", "2024/a.b-2024/a.b"],
    [`{"key": "{key}", other}`, `{"key": "videos/2024/a.b.mp4", other}`],
  ])("%s", (template, expected) => {
    expect(fill(template, "videos/2024/a.b.mp4", "videos/")).toBe(expected);
  });

  test("a name without extension is its own stem, as is a hidden one", () => {
    expect(["v/a", "v/x.y/a", "v/.hidden", "v/b/.hidden"].map((key) => fill("{stem}", key, "v/"))).toEqual([
      "a",
      "x.y/a",
      ".hidden",
      "b/.hidden",
    ]);
  });

  test("text of a key is not filled in again", () => {
    expect(fill("{key}", "v/{name}", "v/")).toBe("v/{name}");
  });

  test("unknown ones are found, whatever JavaScript's objects have", () => {
    expect(unknownPlaceholders("{key}{stemm} {constructor} {not one}")).toEqual(["stemm", "constructor"]);
  });
});

test.each<[string | undefined, number[]]>([
  [undefined, []],
  ["", []],
  ["0", [0]],
  ["0,3-5,9", [0, 3, 4, 5, 9]],
  ["9-10", [9, 10]],
])("indexes %p", (text, expected) => {
  expect(parseIndexes(text)).toEqual(expected);
});
