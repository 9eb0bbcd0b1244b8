package invoices;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SettingsTest {
  @Test
  void tellsAllFaultsAtOnce() {
    assertThatThrownBy(() -> new Settings(0, 0, Duration.ZERO, "pod", 0, Duration.ofMillis(-1), "orders", Duration.ofSeconds(60)))
        .hasMessageContaining("invoices.items (0) must be at least 1")
        .hasMessageContaining("invoices.tries (0) must be at least 1")
        .hasMessageContaining("invoices.chunk (0) must be at least 1")
        .hasMessageContaining("invoices.lease (PT0S) must be longer than 0")
        .hasMessageContaining("invoices.work (PT-0.001S) must not be negative");
  }

  @Test
  void refusesAChunkThatOutlastsItsLease() {
    assertThatThrownBy(() -> new Settings(1, 3, Duration.ofSeconds(5), "pod", 10, Duration.ofMillis(500), "orders", Duration.ofSeconds(60)))
        .hasMessage("invoices.lease (PT5S) must be longer than the work of a chunk, 10 times PT0.5S");
  }
}
