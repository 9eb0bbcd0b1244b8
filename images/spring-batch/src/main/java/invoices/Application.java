package invoices;

import java.util.Arrays;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.core.env.Environment;

/** A batch run: takes what waits, and ends. The profile says where the orders are. */
@SpringBootApplication
@EnableConfigurationProperties(Settings.class)
public class Application {
  private static final List<String> PROFILES = List.of("postgresql", "kafka", "schema");

  /** Ends with 0 if all that was taken is done, or nothing waited; with 3 if any of it failed; with 1 if the run itself did. */
  public static void main(String[] args) {
    // A batch job that failed leaves the exit code 0, unless it is asked for.
    System.exit(SpringApplication.exit(create().run(args)));
  }

  static SpringApplication create() {
    SpringApplication application = new SpringApplication(Application.class);
    application.addInitializers(context -> requireProfile(context.getEnvironment()));
    return application;
  }

  private static void requireProfile(Environment environment) {
    String[] active = environment.getActiveProfiles();
    if (active.length != 1 || !PROFILES.contains(active[0]))
      throw new IllegalStateException("SPRING_PROFILES_ACTIVE (%s) must be one of %s".formatted(Arrays.toString(active), PROFILES));
  }
}
