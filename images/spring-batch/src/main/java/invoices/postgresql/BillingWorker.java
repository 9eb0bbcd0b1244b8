package invoices.postgresql;

import invoices.Settings;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobInstanceAlreadyCompleteException;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.ExitCodeGenerator;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/** Claims billing runs, one after the other, and runs the job of each. */
@Component
@Profile("postgresql")
class BillingWorker implements ApplicationRunner, ExitCodeGenerator {
  private static final Logger log = LoggerFactory.getLogger(BillingWorker.class);

  private final RunQueue queue;
  private final Job job;
  private final JobOperator operator;
  private final JobRepository repository;
  private final Settings settings;
  private int failures;

  BillingWorker(RunQueue queue, Job job, JobOperator operator, JobRepository repository, Settings settings) {
    this.queue = queue;
    this.job = job;
    this.operator = operator;
    this.repository = repository;
    this.settings = settings;
  }

  @Override
  public void run(ApplicationArguments arguments) throws Exception {
    int buried = queue.buryOverdue();
    if (buried > 0) log.warn("put aside after the last try: {} billing runs", buried);
    for (int taken = 0; taken < settings.items(); taken++) {
      Optional<BillingRun> claimed = queue.claim();
      if (claimed.isEmpty()) {
        log.info("nothing waits");
        return;
      }
      work(claimed.get());
    }
  }

  @Override
  public int getExitCode() {
    return failures > 0 ? 3 : 0;
  }

  private void work(BillingRun run) throws Exception {
    try {
      Optional<String> reason = execute(run);
      if (reason.isEmpty()) {
        queue.done(run);
        log.info("billing run {}: done", run.id());
        return;
      }
      failures++;
      log.error("billing run {}: try {} of {} failed: {}", run.id(), run.attempt(), settings.tries(), reason.get());
      queue.failed(run, reason.get());
    } catch (LeaseLost lost) {
      failures++;
      log.error(lost.getMessage());
    }
  }

  /**
   * Starts the job of the billing run, or starts it again after its last chunk. The run's id identifies the job's instance; the rest says who tried it.
   *
   * @return why it failed
   */
  private Optional<String> execute(BillingRun run) throws Exception {
    JobParameters parameters = new JobParametersBuilder()
        .addLong("run", run.id())
        .addLong("attempt", (long) run.attempt(), false)
        .addString("worker", settings.worker(), false)
        .toJobParameters();
    recover(parameters);
    try {
      JobExecution execution = operator.start(job, parameters);
      return execution.getStatus() == BatchStatus.COMPLETED ? Optional.empty() : Optional.of(reasonOf(execution));
    } catch (JobInstanceAlreadyCompleteException complete) {
      // The pod before ended between the job's end and the queue's.
      return Optional.empty();
    }
  }

  /** A pod that was killed leaves its execution as one that runs. The claim says that it does not: the lease is over. */
  private void recover(JobParameters parameters) {
    JobExecution last = repository.getLastJobExecution(job.getName(), parameters);
    if (last == null || !last.isRunning()) return;
    log.warn("the pod of execution {} is gone: it is started again after its last chunk", last.getId());
    operator.recover(last);
  }

  private static String reasonOf(JobExecution execution) {
    return execution.getAllFailureExceptions().stream()
        .map(BillingWorker::rootOf)
        .map(cause -> cause.getMessage() == null ? cause.toString() : cause.getMessage())
        .findFirst()
        .orElse("the job ended as " + execution.getStatus());
  }

  private static Throwable rootOf(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null && root.getCause() != root) root = root.getCause();
    return root;
  }
}
