-- The tables of the example. May be run again.

-- The queue. Only status, tries, worker, lease_until, reason and ended_at are for item.sql.
CREATE TABLE IF NOT EXISTS orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  ordered_at timestamptz NOT NULL DEFAULT now(),
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'dead')),
  -- Claims so far.
  tries integer NOT NULL DEFAULT 0,
  -- The pod that claimed it last, and until when it is that pod's.
  worker text,
  lease_until timestamptz,
  -- Why the last try failed.
  reason text,
  ended_at timestamptz
);

-- For KEDA's count, and for the claim.
CREATE INDEX IF NOT EXISTS orders_open ON orders (tries, id) WHERE status IN ('waiting', 'running');

CREATE TABLE IF NOT EXISTS order_lines (
  order_id bigint NOT NULL REFERENCES orders,
  product text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price numeric(12, 2) NOT NULL CHECK (unit_price >= 0),
  PRIMARY KEY (order_id, product)
);

-- The results: one for each order.
CREATE TABLE IF NOT EXISTS invoices (
  order_id bigint PRIMARY KEY REFERENCES orders,
  customer text NOT NULL,
  net numeric(14, 2) NOT NULL,
  vat numeric(14, 2) NOT NULL,
  total numeric(14, 2) NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT now()
);
