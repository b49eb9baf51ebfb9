CREATE TABLE "platform_beats" (
	"component" text PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform_outages" (
	"component" text NOT NULL,
	"from_at" timestamp with time zone NOT NULL,
	"to_at" timestamp with time zone NOT NULL,
	CONSTRAINT "platform_outages_component_from_at_pk" PRIMARY KEY("component","from_at")
);
--> statement-breakpoint
-- The way to this version is an outage, too.
INSERT INTO "platform_beats" SELECT 'edge', "started_at", "last_at" FROM "edge_beats" WHERE "component" = 'api';--> statement-breakpoint
DROP TABLE "edge_beats" CASCADE;--> statement-breakpoint
CREATE INDEX "platform_outages_by_end" ON "platform_outages" USING btree ("to_at");