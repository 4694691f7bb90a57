-- Rows of files that match nobody wait until somebody appears to whom they belong,
-- or a person decides: they are found by the values that they hold, and what was
-- decided stands when the file is sent again.

-- +goose Up
ALTER TABLE intake_unmatched
    ADD COLUMN decision    text CHECK (decision IN ('matched', 'applied', 'discarded')),
    ADD COLUMN decided_by  bigint,           -- an account
    ADD COLUMN why         text;

-- The values of a row as numbers of children and schools are compared.
-- +goose StatementBegin
CREATE FUNCTION waiting_keys(r jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT coalesce(array_agg(upper(regexp_replace(value, '[^A-Za-z0-9]', '', 'g'))), '{}') FROM jsonb_each_text(r) WHERE value <> '' $$;
-- +goose StatementEnd
CREATE INDEX intake_unmatched_keys ON intake_unmatched USING gin (waiting_keys(row)) WHERE resolved_at IS NULL;

-- Up to which position of the changes feed rows that wait have been tried again.
CREATE TABLE intake_position (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position  bigint NOT NULL DEFAULT 0
);
INSERT INTO intake_position DEFAULT VALUES;
GRANT SELECT, UPDATE ON intake_position TO onevision_app;

-- +goose Down
SELECT 1/0;
