package invoices.postgresql;

import invoices.Settings;
import java.util.Optional;
import org.springframework.context.annotation.Profile;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The billing runs that wait, as a queue with leases. Each statement is a transaction of its own, unless the caller has one. */
@Repository
@Profile("postgresql")
class RunQueue {
  private static final String OPEN = "(status = 'waiting' OR status = 'running' AND lease_until < clock_timestamp())";
  /** Whose the claim is. A pod that was paused for longer than its lease does not have it any more. */
  private static final String OWN = "id = :id AND status = 'running' AND worker = :worker AND tries = :attempt";

  private final JdbcClient jdbc;
  private final Settings settings;

  RunQueue(JdbcClient jdbc, Settings settings) {
    this.jdbc = jdbc;
    this.settings = settings;
  }

  /** Puts aside what has had its last try, and whose pod did not live to say so. Returns how many. */
  int buryOverdue() {
    return jdbc.sql("""
        UPDATE billing_runs
        SET status = 'dead', lease_until = NULL, ended_at = clock_timestamp(),
          reason = coalesce(reason, 'its pod ended in the middle of the last try')
        WHERE id IN (SELECT id FROM billing_runs WHERE %s AND tries >= :tries FOR UPDATE SKIP LOCKED)
        """.formatted(OPEN))
        .param("tries", settings.tries())
        .update();
  }

  /** Takes one that waits, or whose lease is over. What was tried least comes first: one that fails holds up no other. */
  Optional<BillingRun> claim() {
    return jdbc.sql("""
        UPDATE billing_runs
        SET status = 'running', tries = tries + 1, worker = :worker, reason = NULL,
          lease_until = clock_timestamp() + make_interval(secs => :lease)
        WHERE id = (
          SELECT id FROM billing_runs WHERE %s AND tries < :tries ORDER BY tries, id FOR UPDATE SKIP LOCKED LIMIT 1
        )
        RETURNING id, tries
        """.formatted(OPEN))
        .param("worker", settings.worker())
        .param("lease", seconds())
        .param("tries", settings.tries())
        .query((row, n) -> new BillingRun(row.getLong("id"), row.getInt("tries")))
        .optional();
  }

  /** In a chunk's transaction: from here to its end nobody else can claim the run. */
  void renew(BillingRun run) {
    String sql = "UPDATE billing_runs SET lease_until = clock_timestamp() + make_interval(secs => :lease) WHERE " + OWN;
    update(own(sql, run).param("lease", seconds()), run);
  }

  void done(BillingRun run) {
    update(own("UPDATE billing_runs SET status = 'done', lease_until = NULL, ended_at = clock_timestamp() WHERE " + OWN, run), run);
  }

  /** Puts it back, or aside after the last try. */
  void failed(BillingRun run, String reason) {
    boolean last = run.attempt() >= settings.tries();
    String status = last ? "status = 'dead', ended_at = clock_timestamp()" : "status = 'waiting'";
    String sql = "UPDATE billing_runs SET " + status + ", lease_until = NULL, reason = :reason WHERE " + OWN;
    update(own(sql, run).param("reason", reason), run);
  }

  private static void update(JdbcClient.StatementSpec statement, BillingRun run) {
    if (statement.update() == 0) throw new LeaseLost(run);
  }

  private JdbcClient.StatementSpec own(String sql, BillingRun run) {
    return jdbc.sql(sql).param("id", run.id()).param("worker", settings.worker()).param("attempt", run.attempt());
  }

  private double seconds() {
    return settings.lease().toMillis() / 1000.0;
  }
}
