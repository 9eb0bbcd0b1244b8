package invoices.kafka;

import invoices.Invoice;
import invoices.Settings;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.context.annotation.Profile;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** What became of the records. A record that is read again changes nothing: topic, partition and offset are the key. */
@Repository
@Profile("kafka")
class Results {
  private final JdbcClient jdbc;
  private final Settings settings;

  Results(JdbcClient jdbc, Settings settings) {
    this.jdbc = jdbc;
    this.settings = settings;
  }

  void invoiced(ConsumerRecord<String, String> record, Invoice invoice) {
    of(record, """
        INSERT INTO record_invoices (topic, partition, record_offset, order_id, customer, net, vat, total, worker)
        VALUES (:topic, :partition, :offset, :order, :customer, :net, :vat, :total, :worker)
        ON CONFLICT DO NOTHING
        """)
        .param("order", invoice.orderId())
        .param("customer", invoice.customer())
        .param("net", invoice.net())
        .param("vat", invoice.vat())
        .param("total", invoice.total())
        .update();
  }

  void dead(ConsumerRecord<String, String> record, String reason) {
    of(record, """
        INSERT INTO record_dead_letters (topic, partition, record_offset, value, reason, worker)
        VALUES (:topic, :partition, :offset, :value, :reason, :worker)
        ON CONFLICT DO NOTHING
        """)
        .param("value", record.value())
        .param("reason", reason)
        .update();
  }

  private JdbcClient.StatementSpec of(ConsumerRecord<String, String> record, String sql) {
    return jdbc.sql(sql)
        .param("topic", record.topic())
        .param("partition", record.partition())
        .param("offset", record.offset())
        .param("worker", settings.worker());
  }
}
