CREATE TABLE "chain_intents" (
	"key" text PRIMARY KEY NOT NULL,
	"signature" text NOT NULL,
	"wire" "bytea" NOT NULL,
	"last_valid_block_height" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"owner_id" text NOT NULL,
	"cid" text NOT NULL,
	"name" text NOT NULL,
	"samples" integer NOT NULL,
	"size_bytes" bigint NOT NULL,
	"sample_shape" jsonb NOT NULL,
	"classes" integer NOT NULL,
	"key_wrapped" text NOT NULL,
	"held_out_cid" text NOT NULL,
	"held_out_samples" integer NOT NULL,
	"held_out_key_wrapped" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "datasets_owner_id_cid_pk" PRIMARY KEY("owner_id","cid")
);
--> statement-breakpoint
CREATE TABLE "job_attempts" (
	"job_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"node_id" uuid,
	"claimed_at" timestamp with time zone,
	"assigned_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"model_cid" text,
	"model_size_bytes" bigint,
	"commitment" "bytea",
	"final_loss" double precision,
	"final_accuracy" double precision,
	"training_ms" bigint,
	"outcome" text,
	"outcome_reason" text,
	CONSTRAINT "job_attempts_job_id_attempt_pk" PRIMARY KEY("job_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "job_events" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"kind" text NOT NULL,
	"payload" jsonb NOT NULL,
	"dedupe_key" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"request_id" text NOT NULL,
	"workflow_id" text NOT NULL,
	"state" text NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"graph_json" text NOT NULL,
	"dataset_cid" text NOT NULL,
	"hyper_parameters" jsonb NOT NULL,
	"device_class" text NOT NULL,
	"deadline_ms" bigint NOT NULL,
	"quote_id" uuid NOT NULL,
	"specification_hash" text NOT NULL,
	"amount_base" numeric(30,0) NOT NULL,
	"price_per_hour_base" numeric(30,0) NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"node_id" uuid,
	"requester_address" text NOT NULL,
	"escrow_address" text,
	"model_cid" text,
	"test_accuracy" double precision,
	"test_loss" double precision,
	"end_reason" text,
	"waiting_for" text DEFAULT '' NOT NULL,
	"model_key_wrapped" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deadline_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "jobs_request" UNIQUE("user_id","request_id")
);
--> statement-breakpoint
CREATE TABLE "ledger_entries" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"transfer_key" text NOT NULL,
	"account" text NOT NULL,
	"counter_account" text NOT NULL,
	"currency" text NOT NULL,
	"amount_base" numeric(30,0) NOT NULL,
	"purpose" text NOT NULL,
	"job_id" uuid,
	"attempt" integer DEFAULT 0 NOT NULL,
	"user_id" text,
	"signature" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_once" UNIQUE("transfer_key","account","currency")
);
--> statement-breakpoint
CREATE TABLE "node_offers" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"node_id" uuid NOT NULL,
	"accepted" boolean NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "nodes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"machine_id" text NOT NULL,
	"owner_address" text NOT NULL,
	"account" text,
	"device_class" text NOT NULL,
	"device_name" text NOT NULL,
	"hardware" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text NOT NULL,
	"price_per_hour_base" numeric(30,0) NOT NULL,
	"stake_base" numeric(30,0) DEFAULT 0 NOT NULL,
	"samples_per_second" double precision DEFAULT 0 NOT NULL,
	"last_seen_at" timestamp with time zone,
	"paused" boolean DEFAULT false NOT NULL,
	"draining" boolean DEFAULT false NOT NULL,
	"unstaking" boolean DEFAULT false NOT NULL,
	"banned" boolean DEFAULT false NOT NULL,
	"total_jobs" integer DEFAULT 0 NOT NULL,
	"successful" integer DEFAULT 0 NOT NULL,
	"avg_time_ms" bigint DEFAULT 0 NOT NULL,
	"register_signature" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "nodes_of_machine" UNIQUE("machine_id","device_class","device_name")
);
--> statement-breakpoint
CREATE TABLE "quotes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"specification_hash" text NOT NULL,
	"device_class" text NOT NULL,
	"deadline_ms" bigint NOT NULL,
	"amount_base" numeric(30,0) NOT NULL,
	"price_per_hour_base" numeric(30,0) NOT NULL,
	"estimated_duration_ms" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"user_id" text PRIMARY KEY NOT NULL,
	"address" text NOT NULL,
	"kind" text NOT NULL,
	"secret_wrapped" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "wallets_address_unique" UNIQUE("address")
);
--> statement-breakpoint
CREATE INDEX "job_attempts_by_node" ON "job_attempts" USING btree ("node_id");--> statement-breakpoint
CREATE UNIQUE INDEX "job_events_once" ON "job_events" USING btree ("job_id","dedupe_key");--> statement-breakpoint
CREATE INDEX "job_events_by_job" ON "job_events" USING btree ("job_id","id");--> statement-breakpoint
CREATE INDEX "jobs_by_user" ON "jobs" USING btree ("user_id","created_at" DESC NULLS LAST,"id");--> statement-breakpoint
CREATE INDEX "jobs_by_state" ON "jobs" USING btree ("state");--> statement-breakpoint
CREATE INDEX "ledger_by_job" ON "ledger_entries" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "ledger_by_account" ON "ledger_entries" USING btree ("account","id");--> statement-breakpoint
CREATE INDEX "node_offers_by_job" ON "node_offers" USING btree ("job_id","attempt");--> statement-breakpoint
CREATE INDEX "nodes_by_class" ON "nodes" USING btree ("device_class","state");--> statement-breakpoint
CREATE INDEX "nodes_by_owner" ON "nodes" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "quotes_by_user" ON "quotes" USING btree ("user_id","created_at");