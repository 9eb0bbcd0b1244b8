package invoices.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import invoices.Pod;
import invoices.PostgresServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The program with the profile postgresql, on a real server. */
class BillingTest {
  private static PostgresServer server;
  private static JdbcClient jdbc;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
    jdbc = server.jdbc();
    // Two at once, and again.
    List<Pod> pods = List.of(Pod.start("schema", "a", server.variables()), Pod.start("schema", "b", server.variables()));
    for (Pod pod : pods) assertThat(pod.end()).as(pod.log()).isZero();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) server.close();
  }

  @BeforeEach
  void empty() {
    jdbc.sql("TRUNCATE billing_invoices, billing_orders, billing_runs RESTART IDENTITY").update();
    jdbc.sql("TRUNCATE batch_job_instance CASCADE").update();
  }

  private static Pod pod(String name, Map<String, String> more) throws Exception {
    Map<String, String> variables = new HashMap<>(server.variables());
    variables.put("INVOICES_LEASE", "3s");
    variables.putAll(more);
    return Pod.start("postgresql", name, variables);
  }

  /** A billing run with so many orders. @param price of the last one, SQL */
  private static long add(int orders, String price) {
    long run = jdbc.sql("INSERT INTO billing_runs (customer) VALUES ('Ada') RETURNING id").query(Long.class).single();
    jdbc.sql("INSERT INTO billing_orders (run_id, customer, net) SELECT ?, 'Ada', CASE WHEN n = ? THEN %s ELSE n END FROM generate_series(1, ?) n".formatted(price))
        .params(run, orders, orders)
        .update();
    return run;
  }

  private static int count(String table) {
    return jdbc.sql("SELECT count(*) FROM " + table).query(Integer.class).single();
  }

  private static List<String> rows(String sql) {
    return jdbc.sql(sql).query((row, n) -> {
      List<String> columns = new ArrayList<>();
      for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) columns.add(row.getString(column));
      return String.join("|", columns);
    }).list();
  }

  @Test
  void endsWithSuccessWhenNothingWaits() throws Exception {
    Pod pod = pod("idle", Map.of());
    assertThat(pod.end()).as(pod.log()).isZero();
    assertThat(pod.log()).contains("nothing waits");
  }

  @Test
  void manyAtOnceDoEachRunOnce() throws Exception {
    for (int n = 0; n < 6; n++) add(25, "25");
    List<Pod> pods = new ArrayList<>();
    for (int n = 0; n < 3; n++) pods.add(pod("pod-" + n, Map.of("QUEUE_ITEMS", "3")));
    for (Pod pod : pods) assertThat(pod.end()).as(pod.log()).isZero();
    assertThat(rows("SELECT DISTINCT status, tries FROM billing_runs")).containsExactly("done|1");
    assertThat(count("billing_invoices")).isEqualTo(150);
    assertThat(rows("SELECT count(*), sum(total) FROM billing_invoices WHERE order_id <= 25")).containsExactly("25|390.00");
  }

  @Test
  void goesOnAfterTheLastChunkOfPodsThatWereKilled() throws Exception {
    add(40, "40");
    Map<String, String> slow = Map.of("INVOICES_WORK", "100ms");
    for (int n = 1; n <= 2; n++) {
      int done = count("billing_invoices");
      Pod killed = pod("killed-" + n, slow);
      killed.until("a chunk of its own", () -> count("billing_invoices") > done);
      killed.kill();
      jdbc.sql("UPDATE billing_runs SET lease_until = clock_timestamp() - interval '1 second'").update();
    }
    int before = count("billing_invoices");
    assertThat(before).isBetween(20, 30);
    Pod last = pod("last", Map.of());
    assertThat(last.end()).as(last.log()).isZero();
    assertThat(rows("SELECT worker, count(*) FROM billing_invoices GROUP BY worker ORDER BY min(order_id)"))
        .containsExactly("killed-1|10", "killed-2|" + (before - 10), "last|" + (40 - before));
    assertThat(rows("SELECT status, tries FROM billing_runs")).containsExactly("done|3");
    assertThat(count("batch_job_instance")).isEqualTo(1);
    assertThat(rows("SELECT status FROM batch_job_execution ORDER BY job_execution_id")).containsExactly("FAILED", "FAILED", "COMPLETED");
  }

  @Test
  void takesNothingThatAnotherPodStillWorksOn() throws Exception {
    add(20, "20");
    Pod slow = pod("slow", Map.of("INVOICES_WORK", "150ms"));
    slow.until("its claim", () -> rows("SELECT status FROM billing_runs").contains("running"));
    Pod other = pod("other", Map.of());
    assertThat(other.end()).isZero();
    assertThat(other.log()).contains("nothing waits");
    assertThat(slow.end()).as(slow.log()).isZero();
    assertThat(rows("SELECT DISTINCT worker FROM billing_invoices")).containsExactly("slow");
  }

  @Test
  void commitsNothingOnceAnotherPodHasTheRun() throws Exception {
    add(40, "40");
    Pod slow = pod("slow", Map.of("INVOICES_WORK", "150ms"));
    slow.until("a chunk", () -> count("billing_invoices") > 0);
    // As if it had been paused for longer than its lease.
    jdbc.sql("UPDATE billing_runs SET worker = 'other', tries = 2").update();
    int before = count("billing_invoices");
    assertThat(slow.end()).as(slow.log()).isEqualTo(3);
    assertThat(slow.log()).contains("another pod has it");
    assertThat(count("billing_invoices")).isEqualTo(before);
    jdbc.sql("UPDATE billing_runs SET lease_until = clock_timestamp() - interval '1 second'").update();
    Pod later = pod("later", Map.of());
    assertThat(later.end()).as(later.log()).isZero();
    assertThat(rows("SELECT status, tries, worker FROM billing_runs")).containsExactly("done|3|later");
    assertThat(count("billing_invoices")).isEqualTo(40);
  }

  @Test
  void treatsAJobThatIsCompleteAsDone() throws Exception {
    add(10, "10");
    assertThat(pod("first", Map.of()).end()).isZero();
    // As if the pod had ended before it said so.
    jdbc.sql("UPDATE billing_runs SET status = 'running', lease_until = clock_timestamp() - interval '1 second'").update();
    Pod second = pod("second", Map.of());
    assertThat(second.end()).as(second.log()).isZero();
    assertThat(rows("SELECT status, tries FROM billing_runs")).containsExactly("done|2");
    assertThat(count("billing_invoices")).isEqualTo(10);
  }

  @Test
  void putsAsideWhatFailsAtEachTryAndDoesTheOthers() throws Exception {
    long poison = add(15, "NULL");
    add(5, "5");
    for (int n = 1; n <= 2; n++) {
      Pod pod = pod("pod-" + n, Map.of("QUEUE_ITEMS", "2", "QUEUE_TRIES", "2"));
      assertThat(pod.end()).as(pod.log()).isEqualTo(3);
    }
    assertThat(rows("SELECT id, status, tries, reason FROM billing_runs ORDER BY id"))
        .containsExactly(poison + "|dead|2|order 15 has no price", (poison + 1) + "|done|1|null");
    // The first chunk of the one that failed is committed, and not done again.
    assertThat(count("billing_invoices")).isEqualTo(15);
    assertThat(pod("later", Map.of()).end()).isZero();
  }

  @Test
  void putsAsideWhoseLastPodWasKilled() throws Exception {
    add(5, "5");
    jdbc.sql("UPDATE billing_runs SET status = 'running', tries = 3, worker = 'gone', lease_until = clock_timestamp() - interval '1 second'").update();
    assertThat(pod("later", Map.of()).end()).isZero();
    assertThat(rows("SELECT status, reason FROM billing_runs")).containsExactly("dead|its pod ended in the middle of the last try");
  }

  @Test
  void failsWhenTheDatabaseDoesAndGoesOnLater() throws Exception {
    add(30, "30");
    Pod pod = pod("pod", Map.of("INVOICES_WORK", "100ms"));
    pod.until("a chunk", () -> count("billing_invoices") > 0);
    server.crash();
    assertThat(pod.end()).isNotZero();
    jdbc.sql("UPDATE billing_runs SET lease_until = clock_timestamp() - interval '1 second' WHERE status = 'running'").update();
    Pod later = pod("later", Map.of());
    assertThat(later.end()).as(later.log()).isZero();
    assertThat(rows("SELECT status FROM billing_runs")).containsExactly("done");
    assertThat(count("billing_invoices")).isEqualTo(30);
  }

  @Test
  void saysWhatIsWrongWithItsVariables() throws Exception {
    Pod profile = Pod.start("nothing", "pod", server.variables());
    assertThat(profile.end()).isEqualTo(1);
    assertThat(profile.log()).contains("SPRING_PROFILES_ACTIVE ([nothing]) must be one of [postgresql, kafka, schema]");
    Pod items = pod("pod", Map.of("QUEUE_ITEMS", "0"));
    assertThat(items.end()).isEqualTo(1);
    assertThat(items.log()).contains("invoices.items (0) must be at least 1");
  }
}
