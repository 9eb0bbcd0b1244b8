package invoices.postgresql;

/** Another pod has the billing run: what this one did of the chunk must not be committed. */
class LeaseLost extends RuntimeException {
  LeaseLost(BillingRun run) {
    super("billing run %d: the lease of try %d is over, and another pod has it".formatted(run.id(), run.attempt()));
  }
}
