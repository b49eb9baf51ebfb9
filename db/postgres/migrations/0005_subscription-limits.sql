ALTER TABLE "datasets" ADD COLUMN "stored_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "jobs_open_by_user" ON "jobs" USING btree ("user_id") WHERE state NOT IN ('COMPLETED', 'FAILED', 'CANCELLED');--> statement-breakpoint
-- Of what was stored before, only the size of the training part is known.
UPDATE "datasets" SET "stored_bytes" = "size_bytes";--> statement-breakpoint
-- The state of a new job, where its user may have one more. Who asks at the same time waits here until the other's job is
-- committed, and counts it: a volatile function's statements see what was committed before each of them.
CREATE FUNCTION take_job_slot(of_user text, max_open integer) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('job slots of ' || of_user, 0));
  IF (SELECT count(*) FROM jobs WHERE user_id = of_user AND state NOT IN ('COMPLETED', 'FAILED', 'CANCELLED')) >= max_open THEN
    RAISE EXCEPTION 'no job slot is free' USING ERRCODE = 'CYX01';
  END IF;
  RETURN 'CREATED';
END;
$$;
