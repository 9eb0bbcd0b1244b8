package invoices;

import java.math.BigDecimal;

/** @param net null in an order that nobody priced */
public record Order(long id, String customer, BigDecimal net) {}
