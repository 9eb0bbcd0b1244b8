#!/usr/bin/env node
// The command `mks-batch`.
require("../load.cjs")("cli/main.ts").main();
