CREATE TABLE "node_challenges" (
	"id" uuid PRIMARY KEY NOT NULL,
	"machine_id" text NOT NULL,
	"node_id" uuid,
	"device_class" text NOT NULL,
	"task" jsonb NOT NULL,
	"issued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"filled_at" timestamp with time zone,
	"nonce" "bytea",
	"answered_at" timestamp with time zone,
	"passed" boolean,
	"reason" text DEFAULT '' NOT NULL,
	"measured" jsonb
);
--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "instruction_set" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "measured" jsonb;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "challenge_due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "maintenance" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "unstake_available_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "announced_state" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "node_challenges_by_machine" ON "node_challenges" USING btree ("machine_id","issued_at");