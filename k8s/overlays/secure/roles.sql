-- The two roles of a shard's database, as docs/deploy.md has them; without passwords, as each comes in by
-- its certificate. Run as superuser at each start of Postgres; tables of an earlier time get their owner.
DO $$
DECLARE
  role text;
  of_others text;
BEGIN
  FOREACH role IN ARRAY ARRAY['tally-owner', 'tally-writer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I', role);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB', role);
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', role, '15min');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role, '15min');
  END LOOP;
  EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), 'tally-owner');
  EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), 'tally-writer');
  FOR of_others IN
    SELECT c.oid::regclass::text
    FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND o.rolname <> 'tally-owner'
  LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %I', of_others, 'tally-owner');
  END LOOP;
END $$;
