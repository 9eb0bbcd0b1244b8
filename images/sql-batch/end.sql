-- Lets the run fail if any item did.
SELECT :failures > 0 AS failed \gset
\if :failed
SELECT set_config('queue.failures', :'failures', false), set_config('queue.reason', :'reason', false) \g /dev/null
DO $$ BEGIN
  RAISE EXCEPTION '% of the tries failed, the last one: %', current_setting('queue.failures'), current_setting('queue.reason');
END $$;
\endif
