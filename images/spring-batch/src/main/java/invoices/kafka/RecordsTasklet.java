package invoices.kafka;

import invoices.Invoice;
import invoices.InvalidOrder;
import invoices.Invoicing;
import invoices.Order;
import invoices.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.batch.core.ExitStatus;
import org.springframework.batch.core.listener.StepExecutionListener;
import org.springframework.batch.core.scope.context.ChunkContext;
import org.springframework.batch.core.step.StepContribution;
import org.springframework.batch.core.step.StepExecution;
import org.springframework.batch.core.step.tasklet.Tasklet;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.context.annotation.Profile;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads records up to a number. Each call is a transaction of the database: the records of one poll become invoices, and once that is committed, so are the
 * offsets. What is lost in between is read again, and changes nothing.
 */
@Component
@Profile("kafka")
class RecordsTasklet implements Tasklet, StepExecutionListener {
  private static final Logger log = LoggerFactory.getLogger(RecordsTasklet.class);

  private final ConsumerFactory<String, String> factory;
  private final JsonMapper json;
  private final Invoicing invoicing;
  private final Tries tries;
  private final Results results;
  private final Settings settings;
  private Membership membership;
  private int taken;
  private int failures;

  RecordsTasklet(
      ConsumerFactory<String, String> factory, JsonMapper json, Invoicing invoicing, Tries tries, Results results, Settings settings) {
    this.factory = factory;
    this.json = json;
    this.invoicing = invoicing;
    this.tries = tries;
    this.results = results;
    this.settings = settings;
  }

  /** Records that failed, at this try or for good. */
  int failures() {
    return failures;
  }

  @Override
  public void beforeStep(StepExecution step) {
    membership = new Membership(factory.createConsumer(), settings);
  }

  @Override
  public ExitStatus afterStep(StepExecution step) {
    if (membership != null) membership.close();
    log.info("records taken: {}, failed: {}", taken, failures);
    return step.getExitStatus();
  }

  @Override
  public RepeatStatus execute(StepContribution contribution, ChunkContext context) throws Exception {
    ConsumerRecords<String, String> records = membership.next();
    if (records.isEmpty()) return RepeatStatus.FINISHED;
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (TopicPartition partition : records.partitions()) {
      List<ConsumerRecord<String, String>> batch = records.records(partition);
      long next = taken < settings.items() ? work(partition, batch, contribution) : batch.get(0).offset();
      if (next > batch.get(0).offset()) offsets.put(partition, new OffsetAndMetadata(next));
      if (next <= last(batch)) membership.seek(partition, next);
    }
    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
      @Override
      public void afterCommit() {
        membership.commit(offsets);
      }
    });
    return RepeatStatus.continueIf(taken < settings.items());
  }

  /** Returns the offset of the first record that is left. */
  private long work(TopicPartition partition, List<ConsumerRecord<String, String>> batch, StepContribution contribution)
      throws InterruptedException {
    long first = batch.get(0).offset();
    List<ConsumerRecord<String, String>> wanted = batch.subList(0, Math.min(batch.size(), settings.items() - taken));
    Tries.Try current = tries.begin(partition, first, last(wanted) + 1);
    if (current.single()) wanted = wanted.subList(0, 1);
    for (ConsumerRecord<String, String> record : wanted) {
      int number = record.offset() == first ? current.number() : 1;
      taken++;
      contribution.incrementReadCount();
      try {
        if (tries.isOver(number)) throw new InvalidOrder("its run ended in the middle of the last try");
        results.invoiced(record, invoice(record));
        contribution.incrementWriteCount(1);
      } catch (InvalidOrder invalid) {
        failures++;
        log.error("{} offset {}: try {} of {} failed: {}", partition, record.offset(), number, settings.tries(), invalid.getMessage());
        if (!tries.isLast(number)) {
          tries.failed(partition, record.offset(), number, invalid.getMessage());
          // A later run tries it again. The order of the partition's records is kept.
          membership.leave(partition);
          return record.offset();
        }
        results.dead(record, invalid.getMessage());
      }
    }
    tries.done(partition, last(wanted) + 1);
    return last(wanted) + 1;
  }

  private Invoice invoice(ConsumerRecord<String, String> record) throws InterruptedException {
    try {
      Order order = json.readValue(record.value(), Order.class);
      if (order == null) throw new InvalidOrder("the record has no order");
      return invoicing.invoice(order);
    } catch (JacksonException malformed) {
      throw new InvalidOrder("the record is no order: " + malformed.getOriginalMessage());
    }
  }

  private static long last(List<ConsumerRecord<String, String>> records) {
    return records.get(records.size() - 1).offset();
  }
}
