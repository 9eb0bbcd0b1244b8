package invoices.kafka;

import invoices.Settings;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.ExitCodeGenerator;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Runs the job once. */
@Component
@Profile("kafka")
class RecordsWorker implements ApplicationRunner, ExitCodeGenerator {
  private final Job job;
  private final JobOperator operator;
  private final RecordsTasklet tasklet;
  private final Settings settings;
  private boolean failed;

  RecordsWorker(Job job, JobOperator operator, RecordsTasklet tasklet, Settings settings) {
    this.job = job;
    this.operator = operator;
    this.tasklet = tasklet;
    this.settings = settings;
  }

  @Override
  public void run(ApplicationArguments arguments) throws Exception {
    JobParameters parameters = new JobParametersBuilder().addString("worker", settings.worker()).toJobParameters();
    JobExecution execution = operator.start(job, parameters);
    failed = execution.getStatus() != BatchStatus.COMPLETED;
  }

  @Override
  public int getExitCode() {
    if (failed) return 1;
    return tasklet.failures() > 0 ? 3 : 0;
  }
}
