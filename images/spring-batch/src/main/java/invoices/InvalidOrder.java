package invoices;

/** The order can never become an invoice as it is. */
public class InvalidOrder extends RuntimeException {
  public InvalidOrder(String message) {
    super(message);
  }
}
