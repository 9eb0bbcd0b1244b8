package invoices;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.springframework.stereotype.Component;

/** The work: an order becomes an invoice. */
@Component
public class Invoicing {
  private static final BigDecimal VAT = new BigDecimal("0.20");

  private final Settings settings;

  Invoicing(Settings settings) {
    this.settings = settings;
  }

  /** @throws InvalidOrder if it has no customer or no price, or a negative one */
  public Invoice invoice(Order order) throws InterruptedException {
    Thread.sleep(settings.work().toMillis());
    if (order.customer() == null || order.customer().isBlank()) throw new InvalidOrder("order %d has no customer".formatted(order.id()));
    if (order.net() == null) throw new InvalidOrder("order %d has no price".formatted(order.id()));
    if (order.net().signum() < 0) throw new InvalidOrder("order %d has a negative price, %s".formatted(order.id(), order.net()));
    BigDecimal net = order.net().setScale(2, RoundingMode.HALF_UP);
    BigDecimal vat = net.multiply(VAT).setScale(2, RoundingMode.HALF_UP);
    return new Invoice(order.id(), order.customer(), net, vat, net.add(vat));
  }
}
