-- The tables of the example, beside those of Spring Batch. May be run again.

-- Profile postgresql. The queue: a billing run makes the invoices of all its orders.
CREATE TABLE IF NOT EXISTS billing_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'dead')),
  -- Claims so far.
  tries integer NOT NULL DEFAULT 0,
  -- The pod that claimed it last, and until when it is that pod's. Each chunk makes it longer.
  worker text,
  lease_until timestamptz,
  -- Why the last try failed.
  reason text,
  ended_at timestamptz
);

-- For KEDA's count, and for the claim.
CREATE INDEX IF NOT EXISTS billing_runs_open ON billing_runs (tries, id) WHERE status IN ('waiting', 'running');

CREATE TABLE IF NOT EXISTS billing_orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES billing_runs,
  customer text NOT NULL,
  net numeric(12, 2)
);
CREATE INDEX IF NOT EXISTS billing_orders_run ON billing_orders (run_id, id);

-- The results: one for each order.
CREATE TABLE IF NOT EXISTS billing_invoices (
  order_id bigint PRIMARY KEY REFERENCES billing_orders,
  customer text NOT NULL,
  net numeric(14, 2) NOT NULL,
  vat numeric(14, 2) NOT NULL,
  total numeric(14, 2) NOT NULL,
  worker text NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Profile kafka. The results: one for each record.
CREATE TABLE IF NOT EXISTS record_invoices (
  topic text NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  order_id bigint NOT NULL,
  customer text NOT NULL,
  net numeric(14, 2) NOT NULL,
  vat numeric(14, 2) NOT NULL,
  total numeric(14, 2) NOT NULL,
  worker text NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, partition, record_offset)
);

-- Where each partition was read from last, and how often from there without success.
CREATE TABLE IF NOT EXISTS record_tries (
  topic text NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  tries integer NOT NULL,
  -- End of the records that were tried together. Before it, they are tried one by one: one of them may have ended its run.
  batch_end bigint NOT NULL,
  reason text,
  PRIMARY KEY (topic, partition)
);

-- Dead letters: records that failed at each try.
CREATE TABLE IF NOT EXISTS record_dead_letters (
  topic text NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  value text,
  reason text NOT NULL,
  worker text NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, partition, record_offset)
);
