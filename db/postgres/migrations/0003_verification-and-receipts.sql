CREATE TABLE "job_checkpoints" (
	"job_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"step" integer NOT NULL,
	"cid" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"is_link" boolean NOT NULL,
	"state_hash" "bytea" NOT NULL,
	"epoch" integer NOT NULL,
	"batch" integer NOT NULL,
	"mean_loss" double precision NOT NULL,
	"chain" "bytea" NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "job_checkpoints_job_id_attempt_step_pk" PRIMARY KEY("job_id","attempt","step")
);
--> statement-breakpoint
CREATE TABLE "receipts" (
	"job_id" uuid PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"body" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "verdicts" (
	"job_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"opinion" integer NOT NULL,
	"verifier_id" text NOT NULL,
	"valid" boolean NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"blamed_attempt" integer,
	"segments" integer DEFAULT 0 NOT NULL,
	"steps" integer DEFAULT 0 NOT NULL,
	"took_ms" bigint DEFAULT 0 NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "verdicts_job_id_attempt_opinion_pk" PRIMARY KEY("job_id","attempt","opinion")
);
--> statement-breakpoint
CREATE TABLE "verification_draws" (
	"job_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"root" "bytea" NOT NULL,
	"slot" bigint NOT NULL,
	"blockhash" text NOT NULL,
	"secret" "bytea" NOT NULL,
	"seed" "bytea" NOT NULL,
	"rates" jsonb NOT NULL,
	"segments" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "verification_draws_job_id_attempt_pk" PRIMARY KEY("job_id","attempt")
);
--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "input_dtype" text;--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "target_width" integer;--> statement-breakpoint
ALTER TABLE "job_attempts" ADD COLUMN "draw_secret_wrapped" text;--> statement-breakpoint
ALTER TABLE "job_attempts" ADD COLUMN "resumed_from_step" integer;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "checkpoint_every_steps" integer DEFAULT 50 NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "good_streak" integer DEFAULT 0 NOT NULL;