-- The organisation's own sign-in (OpenID Connect): who somebody is there, and the
-- sign-ins that have begun and not come back yet.

-- +goose Up
-- A person there is found by who vouches for them and by what they are called there,
-- which never changes and is given to nobody else; never by an e-mail address.
CREATE TABLE account_identity (
    issuer        text NOT NULL,
    tenant        text NOT NULL DEFAULT '',  -- '': the provider names none
    subject       text NOT NULL,
    account_id    bigint NOT NULL REFERENCES account (id),
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,               -- NULL: linked by an administrator, and not used yet
    confirmed_at  timestamptz,               -- when they last signed in there anew because they were asked to
    PRIMARY KEY (issuer, tenant, subject)
);
CREATE INDEX ON account_identity (account_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON account_identity TO onevision_app;

-- Only the SHA-256 of the secret in the browser's cookie is kept; state, nonce and
-- verifier are derived from that secret. A row goes when it is used: once.
CREATE TABLE sign_in_begun (
    secret_hash  bytea PRIMARY KEY,
    next         text NOT NULL,              -- the page that was asked for
    account_id   bigint,                     -- who confirms that they are there; NULL: somebody signs in
    begun_at     timestamptz NOT NULL
);
CREATE INDEX ON sign_in_begun (begun_at);
GRANT SELECT, INSERT, DELETE ON sign_in_begun TO onevision_app;

-- +goose Down
SELECT 1/0;
