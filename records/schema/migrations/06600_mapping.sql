-- Mappings: how files of no known layout become records of a kind. Each line is what
-- somebody kept under a name; the newest stands, and one without a text takes the name
-- away.

-- +goose Up
CREATE TABLE intake_mapping (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    text        text,
    account_id  bigint NOT NULL,                         -- who kept it; 0 is the program itself
    kept_at     timestamptz NOT NULL
);
CREATE INDEX ON intake_mapping (name, id);
GRANT SELECT, INSERT ON intake_mapping TO onevision_app;

-- +goose Down
SELECT 1/0;
