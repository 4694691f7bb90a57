-- Who may come in, what they are responsible for, and what they did.

-- +goose Up
CREATE TABLE account (
    id             bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000) PRIMARY KEY,
    username       text NOT NULL,
    display_name   text NOT NULL,
    email          text,
    role           text NOT NULL,
    password_hash  text,                    -- argon2id, PHC string; NULL: no password sign-in
    demo           boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT now(),
    disabled_at    timestamptz
);
CREATE UNIQUE INDEX account_username ON account (lower(username));
GRANT SELECT, INSERT, UPDATE ON account TO onevision_app;

-- Only the SHA-256 of a session's or a token's secret is kept.
CREATE TABLE session (
    token_hash  bytea PRIMARY KEY,
    account_id  bigint REFERENCES account (id),
    data        bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX ON session (account_id);
CREATE INDEX ON session (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO onevision_app;

CREATE TABLE api_token (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES account (id),
    name          text NOT NULL,
    token_hash    bytea NOT NULL UNIQUE,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    revoked_at    timestamptz
);
GRANT SELECT, INSERT, UPDATE ON api_token TO onevision_app;

-- Failed sign-ins by account and by network, so that waiting survives a restart.
CREATE TABLE sign_in_attempt (
    subject     text PRIMARY KEY,            -- 'account:<username lower>' or 'network:<prefix>'
    failures    integer NOT NULL,
    last_at     timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempt TO onevision_app;

-- Who answers for what, and since when: alerts find their readers here.
CREATE TABLE responsibility (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES account (id),
    subject     text NOT NULL CHECK (subject IN ('authority', 'school', 'team')),
    member      bigint,                      -- school.id or team.id; NULL for the authority
    part        text NOT NULL DEFAULT 'lead' CHECK (part IN ('lead', 'deputy')),
    from_date   date NOT NULL,
    to_date     date CHECK (to_date > from_date),
    CHECK ((subject = 'authority') = (member IS NULL))
);
CREATE INDEX ON responsibility (subject, member);
GRANT SELECT, INSERT, UPDATE ON responsibility TO onevision_app;

-- What was seen and done. Rows are added and never changed, by anybody.
CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    account_id  bigint NOT NULL,
    actor       text NOT NULL,               -- 'account' or the program's own purpose, 'system:import'
    role        text NOT NULL,
    action      text NOT NULL,               -- read, list, create, correct, end, delete, history, import, export, sign-in, ...
    kind        text,                        -- record kind, or what was looked at
    record_id   bigint,
    child_id    bigint,
    fields      text[],
    reason      text,
    request     text                         -- the request's id, to join a log line
);
CREATE INDEX ON audit (child_id, at);
CREATE INDEX ON audit (account_id, at);
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON audit TO onevision_app;

-- +goose Down
SELECT 1/0;
