package invoices.kafka;

import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.transaction.PlatformTransactionManager;

@Configuration(proxyBeanMethods = false)
@Profile("kafka")
class RecordsJob {
  @Bean
  Job recordsToInvoices(JobRepository repository, Step records) {
    return new JobBuilder("records", repository).start(records).build();
  }

  @Bean
  Step records(JobRepository repository, PlatformTransactionManager transactions, RecordsTasklet tasklet) {
    return new StepBuilder("records", repository).tasklet(tasklet, transactions).listener(tasklet).build();
  }
}
