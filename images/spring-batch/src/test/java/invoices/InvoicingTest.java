package invoices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class InvoicingTest {
  private final Invoicing invoicing =
      new Invoicing(new Settings(1, 3, Duration.ofSeconds(60), "pod", 10, Duration.ZERO, "orders", Duration.ofSeconds(60)));

  private static Order order(String customer, String net) {
    return new Order(7, customer, net == null ? null : new BigDecimal(net));
  }

  @Test
  void roundsNetAndVatToCents() throws Exception {
    assertThat(invoicing.invoice(order("Ada", "10.03")))
        .isEqualTo(new Invoice(7, "Ada", new BigDecimal("10.03"), new BigDecimal("2.01"), new BigDecimal("12.04")));
  }

  @Test
  void invoicesNothingForNothing() throws Exception {
    assertThat(invoicing.invoice(order("Ada", "0")).total()).isEqualByComparingTo("0");
  }

  @Test
  void refusesOrdersThatAreNotWhole() {
    assertThatThrownBy(() -> invoicing.invoice(order("Ada", null))).isInstanceOf(InvalidOrder.class).hasMessage("order 7 has no price");
    assertThatThrownBy(() -> invoicing.invoice(order("Ada", "-0.01"))).hasMessage("order 7 has a negative price, -0.01");
    assertThatThrownBy(() -> invoicing.invoice(order(" ", "1"))).hasMessage("order 7 has no customer");
  }
}
