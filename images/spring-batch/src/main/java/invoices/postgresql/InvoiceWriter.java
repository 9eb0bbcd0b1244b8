package invoices.postgresql;

import invoices.Invoice;
import invoices.Settings;
import java.util.List;
import org.springframework.batch.core.configuration.annotation.StepScope;
import org.springframework.batch.infrastructure.item.Chunk;
import org.springframework.batch.infrastructure.item.ItemWriter;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Writes a chunk's invoices, if the billing run is still this pod's. */
@Component
@StepScope
@Profile("postgresql")
class InvoiceWriter implements ItemWriter<Invoice> {
  private static final String INSERT = "INSERT INTO billing_invoices (order_id, customer, net, vat, total, worker) VALUES (?, ?, ?, ?, ?, ?)";

  private final JdbcTemplate jdbc;
  private final RunQueue queue;
  private final Settings settings;
  private final BillingRun run;

  InvoiceWriter(
      JdbcTemplate jdbc,
      RunQueue queue,
      Settings settings,
      @Value("#{jobParameters['run']}") Long run,
      @Value("#{jobParameters['attempt']}") Long attempt) {
    this.jdbc = jdbc;
    this.queue = queue;
    this.settings = settings;
    this.run = new BillingRun(run, attempt.intValue());
  }

  @Override
  public void write(Chunk<? extends Invoice> chunk) {
    queue.renew(run);
    List<Object[]> rows = chunk.getItems().stream()
        .map(one -> new Object[] {one.orderId(), one.customer(), one.net(), one.vat(), one.total(), settings.worker()})
        .toList();
    jdbc.batchUpdate(INSERT, rows);
  }
}
