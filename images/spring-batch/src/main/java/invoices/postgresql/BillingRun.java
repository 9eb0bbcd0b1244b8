package invoices.postgresql;

/** A claimed item of the queue. @param attempt its number, from 1 */
record BillingRun(long id, int attempt) {}
