-- What people have sent to themselves by schedule: their dashboard, the workbook, or a
-- question that they keep.

-- +goose Up
CREATE TABLE alert_subscription (
    id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account_id  bigint NOT NULL REFERENCES account (id),
    what        text NOT NULL CHECK (what IN ('dashboard', 'workbook', 'question')),
    query       text NOT NULL DEFAULT '' CHECK (length(query) <= 2000),  -- of a question: what stands in its address
    name        text NOT NULL CHECK (name <> '' AND length(name) <= 100),
    schedule    text NOT NULL,                -- a cron expression, in Europe/London
    made_at     timestamptz NOT NULL,
    next_at     timestamptz NOT NULL,
    last_at     timestamptz,                  -- that a letter was last written
    last_error  text NOT NULL DEFAULT ''      -- why nothing could be told then, in words for its owner
);
CREATE INDEX ON alert_subscription (next_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_subscription TO onevision_app;

-- +goose Down
SELECT 1/0;
