-- A reader that has seen event n must have seen every smaller one of that job. A plain sequence does not give that:
-- numbers are drawn before the commit. So one job's writers queue up here and draw their number while they hold the lock.
CREATE FUNCTION job_events_in_commit_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.job_id::text, 1));
  NEW.id := nextval('job_events_id_seq');
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER job_events_in_commit_order BEFORE INSERT ON job_events
  FOR EACH ROW EXECUTE FUNCTION job_events_in_commit_order();--> statement-breakpoint
CREATE FUNCTION job_events_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('job_events', NEW.job_id || ':' || NEW.id);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER job_events_announce AFTER INSERT ON job_events
  FOR EACH ROW EXECUTE FUNCTION job_events_announce();--> statement-breakpoint
-- History is only ever added to.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;--> statement-breakpoint
CREATE TRIGGER job_events_append_only BEFORE UPDATE OR DELETE ON job_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
-- A transfer is two rows that add up to zero; checked when the transaction commits.
CREATE FUNCTION ledger_transfer_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) <> 2 OR sum(amount_base) <> 0 FROM ledger_entries
      WHERE transfer_key = NEW.transfer_key AND currency = NEW.currency) THEN
    RAISE EXCEPTION 'transfer % does not balance', NEW.transfer_key USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE CONSTRAINT TRIGGER ledger_transfer_balances AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transfer_balances();
