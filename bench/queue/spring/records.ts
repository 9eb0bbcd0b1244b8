import { type Kubectl } from "../../../local/demo/kubectl";
import { type Orders } from "../../../local/demo/queue/orders";
import { type Items } from "../items";

const producer = ["kafka", "run", "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", "localhost:9092", "--topic", "orders"];
const keyed = ["--property", "parse.key=true", "--property", "key.separator=|"];

/** Records of the topic `orders`, whose keys spread them over its partitions. */
export function recordItems(orders: Orders, kubectl: Kubectl): Items {
  let sent = 0;
  let arrived = 0;
  return {
    async clear() {
      await orders.sql("TRUNCATE record_invoices, record_dead_letters");
    },
    async put(count) {
      const lines = Array.from({ length: count }, (_, n) => {
        const customer = `customer ${sent + n}`;
        return `${customer}|${JSON.stringify({ id: sent + n, customer, net: 1 })}\n`;
      });
      await kubectl(["--namespace", "kafka", "exec", "--stdin", "kafka-0", "--", ...producer, ...keyed], { input: lines.join("") });
      sent += count;
      arrived = Date.now();
    },
    async outcome() {
      const [row = ""] = await orders.sql(`SELECT count(*) + (SELECT count(*) FROM record_dead_letters), count(DISTINCT order_id),
        count(*) - count(DISTINCT order_id) FROM record_invoices`);
      const [ended, results, again] = row.split("|").map(Number) as [number, number, number];
      return { ended, results, again };
    },
    async makespan() {
      const [end = ""] = await orders.sql("SELECT extract(epoch FROM max(issued_at)) FROM record_invoices");
      return Number(end) - arrived / 1_000;
    },
  };
}
