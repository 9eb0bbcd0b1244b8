package invoices;

import java.math.BigDecimal;

public record Invoice(long orderId, String customer, BigDecimal net, BigDecimal vat, BigDecimal total) {}
