import { errorLine } from "../../../batch/jobs/outcome";

describe("a log's line of error", () => {
  test.each([
    [
      "Python",
      'seed 5 step 12\nTraceback (most recent call last):\n  File "fit.py", line 3\nValueError: no such seed\n',
      "ValueError: no such seed",
    ],
    [
      "a library's exception",
      "epoch 3\ntorch.cuda.OutOfMemoryError: CUDA out of memory.",
      "torch.cuda.OutOfMemoryError: CUDA out of memory.",
    ],
    ["an exception without words", "step 1\nKeyboardInterrupt\n", "KeyboardInterrupt"],
    [
      "Java, the cause",
      "java.lang.RuntimeException: a\n\tat x.y(Z.java:1)\nCaused by: java.io.IOException: closed\n\tat x",
      "Caused by: java.io.IOException: closed",
    ],
    [
      "Node",
      "file:///app/main.js:3\nTypeError: x is not a function\n    at main.js:3:1\n\nNode.js v20.17.0\n",
      "TypeError: x is not a function",
    ],
    [
      "Rust",
      "a\nthread 'main' panicked at src/main.rs:5:5: no seed\nnote: run with RUST_BACKTRACE=1\n",
      "thread 'main' panicked at src/main.rs:5:5: no seed",
    ],
    ["Go", "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\n", "panic: runtime error: index out of range"],
    ["a tool", "reading\nls: cannot access '/x': No such file or directory\ndone\n", "ls: cannot access '/x': No such file or directory"],
    ["a shell", "bash: line 1: simulate: command not found\n", "bash: line 1: simulate: command not found"],
    ["a logger", "2026-01-01 ERROR fit: no data\nbye\n", "2026-01-01 ERROR fit: no data"],
    ["Windows line ends", "a\r\nError: b\r\n", "Error: b"],
  ])("of %s", (_what, log, line) => {
    expect(errorLine(log)).toBe(line);
  });

  test.each(["seed 5 step 12\n", "validation error 0.31, loss 2\n", "no errors\n", "", "progress: 100 %\rdone\n", "0 failed, 3 passed"])(
    "is none in %j",
    (log) => {
      expect(errorLine(log)).toBeUndefined();
    },
  );
});
