package invoices.kafka;

import invoices.Settings;
import org.apache.kafka.common.TopicPartition;
import org.springframework.context.annotation.Profile;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** How often each partition was read from the same place: what Kafka does not count. */
@Repository
@Profile("kafka")
class Tries {
  /**
   * @param number of the try of the first record, from 1
   * @param single whether only that one may be tried now, for it or a later one of its batch may have ended the run before
   */
  record Try(int number, boolean single) {}

  private final JdbcClient jdbc;
  private final Settings settings;
  /** Beside that of the batch. */
  private final TransactionTemplate apart;

  Tries(JdbcClient jdbc, Settings settings, PlatformTransactionManager manager) {
    this.jdbc = jdbc;
    this.settings = settings;
    this.apart = new TransactionTemplate(manager);
    apart.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
  }

  /**
   * Counts a try of a batch before the work on it, and whatever becomes of that: a record that ends its run each time has had its tries, too.
   *
   * @param offset of the first record @param end after the last one
   */
  Try begin(TopicPartition partition, long offset, long end) {
    return apart.execute(status -> count(partition, offset, end));
  }

  private Try count(TopicPartition partition, long offset, long end) {
    return jdbc.sql("""
        INSERT INTO record_tries AS known (topic, partition, record_offset, tries, batch_end)
        VALUES (:topic, :partition, :offset, 1, :end)
        ON CONFLICT (topic, partition) DO UPDATE
        SET record_offset = EXCLUDED.record_offset,
          tries = CASE WHEN known.record_offset = EXCLUDED.record_offset THEN known.tries + 1 ELSE 1 END,
          batch_end = CASE WHEN EXCLUDED.record_offset < known.batch_end THEN known.batch_end ELSE EXCLUDED.batch_end END,
          reason = CASE WHEN known.record_offset = EXCLUDED.record_offset THEN known.reason END
        RETURNING tries,
          -- As it was before this statement.
          (SELECT batch_end FROM record_tries WHERE topic = :topic AND partition = :partition) > :offset AS single
        """)
        .param("topic", partition.topic())
        .param("partition", partition.partition())
        .param("offset", offset)
        .param("end", end)
        .query((row, n) -> new Try(row.getInt("tries"), row.getBoolean("single")))
        .single();
  }

  /** Notes in the batch's transaction that a record failed, which is the next to be tried. */
  void failed(TopicPartition partition, long offset, int number, String reason) {
    jdbc.sql("""
        UPDATE record_tries SET record_offset = :offset, tries = :tries, batch_end = :offset + 1, reason = :reason
        WHERE topic = :topic AND partition = :partition
        """)
        .param("offset", offset)
        .param("tries", number)
        .param("reason", reason)
        .param("topic", partition.topic())
        .param("partition", partition.partition())
        .update();
  }

  /**
   * Notes in the batch's transaction that it is done: if Kafka is not told, and gives these records once more, that is no further try.
   *
   * @param next offset of the first record that is left
   */
  void done(TopicPartition partition, long next) {
    jdbc.sql("""
        UPDATE record_tries SET tries = 0, reason = NULL, batch_end = CASE WHEN batch_end > :next THEN batch_end ELSE record_offset END
        WHERE topic = :topic AND partition = :partition
        """)
        .param("next", next)
        .param("topic", partition.topic())
        .param("partition", partition.partition())
        .update();
  }

  boolean isLast(int number) {
    return number >= settings.tries();
  }

  boolean isOver(int number) {
    return number > settings.tries();
  }
}
