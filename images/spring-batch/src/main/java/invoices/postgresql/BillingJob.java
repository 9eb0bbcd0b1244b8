package invoices.postgresql;

import invoices.Invoice;
import invoices.Invoicing;
import invoices.Order;
import invoices.Settings;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.batch.core.configuration.annotation.StepScope;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.item.database.JdbcPagingItemReader;
import org.springframework.batch.infrastructure.item.database.builder.JdbcPagingItemReaderBuilder;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * One billing run: its orders are read, invoiced and written in chunks. A chunk's invoices, the place that the reader has reached and the lease are one
 * transaction, so that a restart goes on after the last chunk that was committed.
 */
@Configuration(proxyBeanMethods = false)
@Profile("postgresql")
class BillingJob {
  static final String NAME = "billing";

  @Bean
  Job billing(JobRepository repository, Step invoices) {
    return new JobBuilder(NAME, repository).start(invoices).build();
  }

  @Bean
  Step invoices(
      JobRepository repository,
      PlatformTransactionManager transactions,
      JdbcPagingItemReader<Order> reader,
      Invoicing invoicing,
      InvoiceWriter writer,
      Settings settings) {
    return new StepBuilder("invoices", repository)
        .<Order, Invoice>chunk(settings.chunk())
        .transactionManager(transactions)
        .reader(reader)
        .processor(invoicing::invoice)
        .writer(writer)
        .build();
  }

  /** Keeps the last id that it gave in the step's context. */
  @Bean
  @StepScope
  JdbcPagingItemReader<Order> reader(DataSource dataSource, Settings settings, @Value("#{jobParameters['run']}") Long run)
      throws Exception {
    return new JdbcPagingItemReaderBuilder<Order>()
        .name("orders")
        .dataSource(dataSource)
        .selectClause("id, customer, net")
        .fromClause("billing_orders")
        .whereClause("run_id = :run")
        .parameterValues(Map.of("run", run))
        .sortKeys(Map.of("id", org.springframework.batch.infrastructure.item.database.Order.ASCENDING))
        .pageSize(settings.chunk())
        .rowMapper((row, n) -> new Order(row.getLong("id"), row.getString("customer"), row.getBigDecimal("net")))
        .build();
  }
}
