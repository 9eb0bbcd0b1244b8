package invoices;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A real server of this machine's programs, on a port and in a folder of its own. */
public final class PostgresServer implements AutoCloseable {
  private static final Path VERSIONS = Path.of("/usr/lib/postgresql");

  private final Path folder;
  private final Path programs;
  private final int port;

  private PostgresServer(Path folder, Path programs, int port) {
    this.folder = folder;
    this.programs = programs;
    this.port = port;
  }

  public static PostgresServer start() throws Exception {
    Path programs = findPrograms();
    Path folder = Files.createTempDirectory("pg-");
    folder.toFile().setWritable(true, false);
    folder.toFile().setReadable(true, false);
    folder.toFile().setExecutable(true, false);
    PostgresServer server = new PostgresServer(folder, programs, FreePort.find());
    server.run("initdb", "--pgdata", server.data(), "--auth=trust", "--username=shop", "--no-sync");
    server.startAgain();
    return server;
  }

  /** Ends it as a crash does, and starts it again. */
  public void crash() throws Exception {
    run("pg_ctl", "stop", "--pgdata", data(), "--mode", "immediate");
    startAgain();
  }

  public Map<String, String> variables() {
    return Map.of("PGHOST", "127.0.0.1", "PGPORT", String.valueOf(port), "PGDATABASE", "postgres", "PGUSER", "shop");
  }

  public JdbcClient jdbc() {
    return JdbcClient.create(new DriverManagerDataSource("jdbc:postgresql://127.0.0.1:%d/postgres".formatted(port), "shop", ""));
  }

  @Override
  public void close() throws Exception {
    run("pg_ctl", "stop", "--pgdata", data(), "--mode", "immediate");
    // What belongs to the server's user goes with it.
    exec(asServer("rm", "-rf", data()));
    try (Stream<Path> left = Files.walk(folder)) {
      for (Path path : left.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
    }
  }

  private void startAgain() throws Exception {
    String options = "-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off".formatted(port, folder);
    run("pg_ctl", "start", "--pgdata", data(), "--wait", "--log", folder.resolve("log").toString(), "--options", options);
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  private void run(String program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(programs.resolve(program).toString()));
    command.addAll(List.of(arguments));
    exec(asServer(command.toArray(String[]::new)));
  }

  /** The server refuses to run as root: Debian's package has a user for it. */
  private static List<String> asServer(String... command) {
    boolean root = "root".equals(System.getProperty("user.name"));
    List<String> all = new ArrayList<>(root ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups") : List.of());
    all.addAll(List.of(command));
    return all;
  }

  private void exec(List<String> command) throws Exception {
    Path output = Files.createTempFile("pg-", ".out");
    // Not a pipe: the server would hold it open.
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    boolean ended = process.waitFor(60, TimeUnit.SECONDS);
    if (!ended) process.destroyForcibly();
    String text = Files.readString(output);
    Files.delete(output);
    if (!ended || process.exitValue() != 0) throw new IOException("%s failed: %s".formatted(command, text));
  }

  private static Path findPrograms() throws IOException {
    if (Files.isDirectory(VERSIONS)) {
      try (Stream<Path> versions = Files.list(VERSIONS)) {
        Stream<Path> programs = versions.map(one -> one.resolve("bin")).filter(bin -> Files.exists(bin.resolve("initdb")));
        Optional<Path> newest = programs.max(Comparator.naturalOrder());
        if (newest.isPresent()) return newest.get();
      }
    }
    throw new IOException("no PostgreSQL on this machine (Debian package postgresql)");
  }
}
