import { intern } from "../../common/intern";

// What it saves is a part of wait-10000-rss-mib and controller-rss-mib of `npm run bench -- batch`.
test("texts are returned as they are, however many there are, and however often", () => {
  for (let round = 0; round < 2; round++) for (let i = 0; i < 3_000; i++) expect(intern(`pod-${i}`)).toBe(`pod-${i}`);
  expect(intern("")).toBe("");
});
