-- Once for each connection.
\set VERBOSITY terse
\set idle false
\set failures 0
\set reason ''

-- The server notices in a minute or so that this pod or its node is gone. Until then it keeps the lock of the item that it works on, and nobody could claim it.
SET tcp_keepalives_idle = 30;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 3;
SET client_connection_check_interval = '10s';
SET idle_in_transaction_session_timeout = '1min';
