-- Files in: what came, what of it went in, and what waits for a person.
-- A row of a file that matches no child or no enrolment is kept here (it holds
-- identifiers, so it is as private as the record itself) and never guessed.

-- +goose Up
CREATE TABLE intake_file (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    format       text NOT NULL,
    name         text NOT NULL,               -- the file's name, without its folder
    sha256       bytea NOT NULL,
    account_id   bigint NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    rows_read      bigint NOT NULL DEFAULT 0,
    rows_added     bigint NOT NULL DEFAULT 0,
    rows_changed   bigint NOT NULL DEFAULT 0,
    rows_unchanged bigint NOT NULL DEFAULT 0,
    rows_unmatched bigint NOT NULL DEFAULT 0,
    rows_rejected  bigint NOT NULL DEFAULT 0
);
CREATE TABLE intake_unmatched (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    format       text NOT NULL,
    row_hash     bytea NOT NULL,              -- the same row again is the same line of this list
    file_id      bigint NOT NULL REFERENCES intake_file (id),
    line         bigint NOT NULL,
    row          jsonb NOT NULL,
    reason       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    resolved_at  timestamptz,
    UNIQUE (format, row_hash)
);
ALTER TABLE intake_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE intake_unmatched ENABLE ROW LEVEL SECURITY;
CREATE POLICY intake ON intake_file TO onevision_app USING (viewer_writes('education')) WITH CHECK (viewer_writes('education'));
CREATE POLICY intake ON intake_unmatched TO onevision_app USING (viewer_writes('education')) WITH CHECK (viewer_writes('education'));
GRANT SELECT, INSERT, UPDATE ON intake_file, intake_unmatched TO onevision_app;

-- +goose Down
SELECT 1/0;
