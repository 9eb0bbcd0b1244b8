package invoices;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.opentest4j.AssertionFailedError;

/** The program as it is packaged, in a process of its own, as in a pod: it has variables, an exit code, and can be killed. */
public final class Pod {
  private static final Path JAR = Path.of("target", "app", "app.jar");
  /** Of classes, as in the image: it spares each start a third of its processor time. */
  private static final Path ARCHIVE = Path.of("target", "app.jsa");

  private final Process process;
  private final Path output;

  private Pod(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  public static Pod start(String profile, String name, Map<String, String> variables) throws Exception {
    archiveClasses();
    return start("-XX:SharedArchiveFile=" + ARCHIVE, profile, name, variables);
  }

  /** By a run that finds neither Kafka nor PostgreSQL, and so fails, as in the image's build. */
  private static synchronized void archiveClasses() throws Exception {
    if (Files.exists(ARCHIVE)) return;
    Map<String, String> nothing = Map.of(
        "PGHOST", "127.0.0.1", "PGPORT", "1", "PGDATABASE", "none", "PGUSER", "none", "KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1", "INVOICES_PATIENCE", "1s");
    Pod pod = start("-XX:ArchiveClassesAtExit=" + ARCHIVE, "kafka", "archive", nothing);
    pod.end();
    if (!Files.exists(ARCHIVE)) throw new AssertionFailedError("no archive of classes:\n" + pod.log());
  }

  private static Pod start(String archive, String profile, String name, Map<String, String> variables) throws IOException {
    Path output = Files.createTempFile("pod-", ".log");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder builder = new ProcessBuilder(java, archive, "-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", JAR.toString())
        .redirectErrorStream(true)
        .redirectOutput(output.toFile());
    Map<String, String> all = new HashMap<>(variables);
    all.put("SPRING_PROFILES_ACTIVE", profile);
    all.put("HOSTNAME", name);
    builder.environment().putAll(all);
    return new Pod(builder.start(), output);
  }

  /** Returns the exit code. */
  public int end() throws Exception {
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionFailedError("the program does not end:\n" + log());
    }
    return process.exitValue();
  }

  /** As the node's loss. */
  public void kill() throws Exception {
    process.destroyForcibly().waitFor();
  }

  public String log() throws IOException {
    return Files.readString(output);
  }

  /** Waits for what the program is to do. */
  public void until(String what, BooleanSupplier condition) throws Exception {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(90));
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(deadline) || !process.isAlive()) throw new AssertionFailedError(what + " did not happen:\n" + log());
      process.waitFor(50, TimeUnit.MILLISECONDS);
    }
  }
}
