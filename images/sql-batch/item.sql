-- One item: claims it, does the work, notes its end. Each step is a transaction, so that this may be killed at any point.
-- Given: tries (after how many an item is a dead letter), lease (seconds), worker. Sets idle once nothing waits, and counts failures.
\if :idle
\else

-- What has had its last try, and whose run did not live to say so.
UPDATE orders
SET status = 'dead', lease_until = NULL, ended_at = now(), reason = coalesce(reason, 'its run ended in the middle of the last try')
WHERE id IN (
  SELECT id FROM orders
  WHERE (status = 'waiting' OR status = 'running' AND lease_until < now()) AND tries >= :tries
  FOR UPDATE SKIP LOCKED
);

-- The claim. What was tried least comes first: an item that fails holds up no other.
WITH claimed AS (
  UPDATE orders
  SET status = 'running', tries = tries + 1, worker = :'worker', lease_until = now() + make_interval(secs => :lease), reason = NULL
  WHERE id = (
    SELECT id FROM orders
    WHERE (status = 'waiting' OR status = 'running' AND lease_until < now()) AND tries < :tries
    ORDER BY tries, id
    FOR UPDATE SKIP LOCKED
    LIMIT 1
  )
  RETURNING id, tries
)
SELECT count(*) = 0 AS idle, coalesce(max(id), 0) AS item, coalesce(max(tries), 0) AS try FROM claimed \gset

\if :idle
\echo nothing waits
\else

-- The work. Until its end the row is locked: whoever finds its lease over passes by.
BEGIN;
SELECT count(*) = 1 AS mine FROM (
  SELECT FROM orders WHERE id = :item AND status = 'running' AND worker = :'worker' AND tries = :try FOR UPDATE
) AS own \gset

\if :mine
\set ON_ERROR_STOP off
\ir work.sql
\set failed :ERROR
\set message :LAST_ERROR_MESSAGE
\set ON_ERROR_STOP on

\if :failed
ROLLBACK;
UPDATE orders
SET status = CASE WHEN tries < :tries THEN 'waiting' ELSE 'dead' END,
  lease_until = NULL,
  reason = :'message',
  ended_at = CASE WHEN tries < :tries THEN NULL ELSE now() END
WHERE id = :item AND status = 'running' AND worker = :'worker' AND tries = :try;
\set reason :message
SELECT :failures + 1 AS failures \gset
\echo order :item: try :try of :tries failed
\else
UPDATE orders SET status = 'done', lease_until = NULL, ended_at = now() WHERE id = :item;
COMMIT;
\echo order :item: done
\endif

\else
ROLLBACK;
\echo order :item: its lease was over, another run has it
\endif

\endif
\endif
