const { default: Sequencer } = require("@jest/test-sequencer");

/** The longest suites, which start first, so that two workers end at about the same time; those of queues wait for KEDA's build on a new machine. */
const longest = ["scenarios/", "autoscaler/", "metrics/", "main-job", "prod", "large", "demo", "queue"];

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => (longest.findIndex((name) => path.includes(`/e2e/${name}`)) + longest.length + 1) % (longest.length + 1);
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
};
