-- The work on the item :item, one statement: an order becomes an invoice. It is committed together with the order's status. If it fails, the order is tried
-- again, and put aside after the last try. An order without lines fails each time: its sum is NULL.
INSERT INTO invoices (order_id, customer, net, vat, total)
SELECT id, customer, net, round(net * 0.2, 2), net + round(net * 0.2, 2)
FROM orders, LATERAL (SELECT sum(quantity * unit_price) AS net FROM order_lines WHERE order_id = orders.id) AS sums
WHERE id = :item;
