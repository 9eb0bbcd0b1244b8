package invoices.schema;

import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.annotation.Profile;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.init.DatabasePopulatorUtils;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Makes the tables of Spring Batch and of the example, where they are not there. */
@Component
@Profile("schema")
class SchemaRunner implements ApplicationRunner {
  private static final Logger log = LoggerFactory.getLogger(SchemaRunner.class);
  /** A number for the lock, the same in all runs. */
  private static final long LOCK = 7_108_392_011L;

  private final DataSource dataSource;
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;

  SchemaRunner(DataSource dataSource, JdbcClient jdbc, PlatformTransactionManager manager) {
    this.dataSource = dataSource;
    this.jdbc = jdbc;
    this.transaction = new TransactionTemplate(manager);
  }

  @Override
  public void run(ApplicationArguments arguments) {
    transaction.executeWithoutResult(status -> {
      // Two at once would both find nothing.
      jdbc.sql("SELECT FROM pg_advisory_xact_lock(?)").param(LOCK).query().listOfRows();
      // Spring Batch's script has no IF NOT EXISTS.
      boolean known = jdbc.sql("SELECT to_regclass('batch_job_instance') IS NOT NULL").query(Boolean.class).single();
      if (!known) apply("org/springframework/batch/core/schema-postgresql.sql");
      apply("schema.sql");
      log.info(known ? "the tables of Spring Batch were there" : "the tables of Spring Batch are made");
    });
  }

  private void apply(String script) {
    DatabasePopulatorUtils.execute(new ResourceDatabasePopulator(new ClassPathResource(script)), dataSource);
  }
}
