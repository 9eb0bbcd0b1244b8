import { openTable } from "../../../local/demo/table";

test("a table has a row for each change of its cells, whatever the time and what comes after them", () => {
  const lines: string[] = [];
  const show = openTable(["pods", "nodes"], { width: 6, write: (line) => lines.push(line) });
  show(0, [0, 0], "");
  show(1.4, [0, 0], "-");
  show(2.6, [3, 0], "███");
  show(3, [0, 0], "");
  expect(lines).toEqual(["  time  pods nodes", "   0 s     0     0 ", "   3 s     3     0 ███", "   3 s     0     0 "]);
});
