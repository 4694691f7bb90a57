-- Credentials that people and administrators can see and end: sessions by an id and
-- the browser that they are on, tokens by what they may do; and the devices on which
-- somebody has signed in before, which have an allowance of attempts of their own.

-- +goose Up
ALTER TABLE session
    ADD COLUMN id     bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000),
    ADD COLUMN agent  text NOT NULL DEFAULT '';
ALTER TABLE api_token
    ADD COLUMN categories  text[],                    -- NULL: all that the account may
    ADD COLUMN read_only   boolean NOT NULL DEFAULT false;
-- Only the SHA-256 of a device's secret is kept.
CREATE TABLE known_device (
    token_hash    bytea NOT NULL,
    account_id    bigint NOT NULL REFERENCES account (id),
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL,
    PRIMARY KEY (token_hash, account_id)     -- several people may share a browser
);
CREATE INDEX ON known_device (account_id, last_used_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON known_device TO onevision_app;

-- +goose Down
SELECT 1/0;
