import { batchNamespace } from "./names";
import { type Fault, object, type Path, type Values } from "./rule";

/** What queues need of the other settings: KEDA, the server that their items are in, a pool, a name of their own. */

/** @param settings anything may be wrong in them @param pools names of all pools */
export function checkQueues(settings: Values, pools: readonly string[], fault: Fault): void {
  const queues = Object.entries(object(settings.queues)).map(([name, queue]) => [name, object(queue)] as const);
  if (queues.length === 0) return;
  const namesOf = (some: typeof queues): string => some.map(([name]) => name).join(", ");
  if (object(settings.keda).enabled !== true)
    fault(["keda", "enabled"], false, `must be true for the queues (${namesOf(queues)}): KEDA starts their runs`);
  const rows = queues.filter(([, { query }]) => query !== undefined);
  if (rows.length > 0) checkServer("database", settings, `the queues (${namesOf(rows)}), which are its tables`, fault);
  const records = queues.filter(([, { topic }]) => topic !== undefined);
  if (records.length > 0) checkServer("kafka", settings, `the queues (${namesOf(records)}), which are its topics`, fault);
  const topics = Object.keys(object(object(settings.kafka).topics));
  for (const [name, queue] of queues) {
    const path = ["queues", name];
    checkItems(path, queue, topics, fault);
    const { pool } = queue;
    if (typeof pool === "string" && !pools.includes(pool))
      fault([...path, "pool"], pool, `must be the name of a pool; there are ${pools.join(", ")}`);
    if (name === "thumbnails" && object(settings.thumbnails).enabled !== false)
      fault(path, undefined, "must have another name: the sample workload has this one");
  }
}

function checkServer(server: "database" | "kafka", settings: Values, what: string, fault: Fault): void {
  const { enabled, clientNamespaces } = object(settings[server]);
  if (enabled !== true) fault([server, "enabled"], false, `must be true for ${what}`);
  if (Array.isArray(clientNamespaces) && !clientNamespaces.includes(batchNamespace))
    fault([server, "clientNamespaces"], clientNamespaces, `must have ${batchNamespace}, where the runs of the queues are`);
}

/** Items are rows or records. */
function checkItems(path: Path, { query, oldestQuery, deadLettersQuery, topic }: Values, topics: readonly string[], fault: Fault): void {
  if (query === undefined && topic === undefined)
    fault(path, undefined, "must have query, for rows of the database, or topic, for records of Kafka");
  if (query !== undefined && topic !== undefined)
    fault([...path, "topic"], topic, "must not be set with query: a queue has one kind of items");
  if (typeof topic === "string" && !topics.includes(topic))
    fault(
      [...path, "topic"],
      topic,
      `must be one of kafka.topics; ${topics.length > 0 ? `there are ${topics.join(", ")}` : "there is none"}`,
    );
  for (const [name, value] of Object.entries({ oldestQuery, deadLettersQuery }))
    if (value !== undefined && query === undefined) fault([...path, name], value, "must not be set without query: it is of rows, too");
}
