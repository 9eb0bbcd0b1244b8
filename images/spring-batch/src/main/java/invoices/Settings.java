package invoices;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * @param items how many items this run may take: billing runs or records
 * @param tries after how many an item is a dead letter
 * @param lease how long a billing run is this pod's, from its claim or its last chunk. No chunk may take longer
 * @param worker name of this pod
 * @param chunk how many orders are invoiced in one transaction
 * @param work what an invoice takes beside the database, such as the making of its PDF; 0 for none
 * @param topic of the records
 * @param patience how long Kafka may give nothing, neither a place in the group nor a record that is there
 */
@ConfigurationProperties("invoices")
public record Settings(
    int items, int tries, Duration lease, String worker, int chunk, Duration work, String topic, Duration patience) {
  public Settings {
    List<String> faults = new ArrayList<>();
    if (items < 1) faults.add("invoices.items (%d) must be at least 1".formatted(items));
    if (tries < 1) faults.add("invoices.tries (%d) must be at least 1".formatted(tries));
    if (chunk < 1) faults.add("invoices.chunk (%d) must be at least 1".formatted(chunk));
    if (lease.isNegative() || lease.isZero()) faults.add("invoices.lease (%s) must be longer than 0".formatted(lease));
    if (work.isNegative()) faults.add("invoices.work (%s) must not be negative".formatted(work));
    if (work.multipliedBy(Math.max(1, chunk)).compareTo(lease) >= 0)
      faults.add("invoices.lease (%s) must be longer than the work of a chunk, %d times %s".formatted(lease, chunk, work));
    if (!faults.isEmpty()) throw new IllegalArgumentException(String.join("; ", faults));
  }
}
