package invoices.kafka;

import invoices.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This run's place in the consumer group. Kafka gives it partitions, and takes them away when other runs come and go. */
final class Membership implements AutoCloseable, ConsumerRebalanceListener {
  private static final Logger log = LoggerFactory.getLogger(Membership.class);
  private static final Duration POLL = Duration.ofMillis(500);

  private final Consumer<String, String> consumer;
  private final Settings settings;
  /** End of each partition that this run has, when it got it: what comes later is for a later run. */
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private boolean joined;

  Membership(Consumer<String, String> consumer, Settings settings) {
    this.consumer = consumer;
    this.settings = settings;
    // A group has members also where there is no topic: they would end as if all were done.
    List<PartitionInfo> partitions = consumer.partitionsFor(settings.topic(), settings.patience());
    if (partitions == null || partitions.isEmpty()) throw new IllegalStateException("Kafka has no topic " + settings.topic());
    consumer.subscribe(List.of(settings.topic()), this);
  }

  /**
   * Waits for records. Gives none once this run's partitions are read to their ends, or if it gets none: then there are more runs than partitions.
   *
   * @throws IllegalStateException if Kafka gives nothing for too long
   */
  ConsumerRecords<String, String> next() {
    Instant deadline = Instant.now().plus(settings.patience());
    while (Instant.now().isBefore(deadline)) {
      ConsumerRecords<String, String> records = consumer.poll(POLL);
      if (!records.isEmpty()) return records;
      if (joined && consumer.assignment().stream().allMatch(this::isRead)) return ConsumerRecords.empty();
    }
    throw new IllegalStateException(joined
        ? "Kafka gave no record of %s for %s, and there are some".formatted(settings.topic(), settings.patience())
        : "Kafka gave no place in the consumer group for " + settings.patience());
  }

  /** Puts the partition aside for this run. */
  void leave(TopicPartition partition) {
    consumer.pause(List.of(partition));
  }

  /** The next record that this run gets of the partition. */
  void seek(TopicPartition partition, long offset) {
    consumer.seek(partition, offset);
  }

  /** Tells the group what is done. If the partition is another run's by now, that one finds these records done. */
  void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
    try {
      consumer.commitSync(offsets, settings.patience());
    } catch (CommitFailedException | RebalanceInProgressException moved) {
      log.warn("the offsets {} are not committed, for the group changes: whoever reads these records again finds them done", offsets);
    }
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    joined = true;
    ends.putAll(consumer.endOffsets(partitions));
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    ends.keySet().removeAll(partitions);
  }

  private boolean isRead(TopicPartition partition) {
    return consumer.paused().contains(partition) || consumer.position(partition) >= ends.getOrDefault(partition, 0L);
  }

  /** Leaves the group, so that the others need not wait for the end of the session. */
  @Override
  public void close() {
    consumer.close();
  }
}
