-- What was created under which Idempotency-Key, so that a request that is sent
-- again because its answer was lost creates nothing twice. Only digests of the
-- key and of the request are kept. Rows are kept for a week.

-- +goose Up
CREATE TABLE api_repeat (
    account_id    bigint NOT NULL REFERENCES account (id),
    key_hash      bytea NOT NULL,            -- SHA-256 of the key
    request_hash  bytea NOT NULL,            -- SHA-256 of the kind and the body
    record        text NOT NULL DEFAULT '',  -- the record's id in the API
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, key_hash)
);
CREATE INDEX ON api_repeat (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON api_repeat TO onevision_app;

-- +goose Down
SELECT 1/0;
