-- Questions about figures that people keep under a name: what stands in the address of
-- the page. Who opens one sees of it what they may see then.

-- +goose Up
CREATE TABLE dashboard_question (
    id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account_id  bigint NOT NULL REFERENCES account (id),
    name        text NOT NULL CHECK (name <> '' AND length(name) <= 100),
    query       text NOT NULL CHECK (length(query) <= 2000),   -- indicator=...&rows=...: no child's name or number can stand in it
    changed_at  timestamptz NOT NULL,
    UNIQUE (account_id, name)
);
ALTER TABLE dashboard_question ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON dashboard_question TO onevision_app USING (account_id = nullif(current_setting('onevision.account', true), '')::bigint);
GRANT SELECT, INSERT, UPDATE, DELETE ON dashboard_question TO onevision_app;

-- +goose Down
SELECT 1/0;
