-- Alert rules, the state of each of their members, and what was told to whom.
-- State and message are written in one transaction; delivery is a job of the
-- queue (the river_ tables) that the same transaction inserts.

-- +goose Up
CREATE TABLE alert_rule (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name             text NOT NULL UNIQUE,
    indicator        text NOT NULL,
    period           text NOT NULL,           -- period kind: week
    breakdown        text NOT NULL DEFAULT '', -- '' the whole; 'school': each school
    operator         text NOT NULL CHECK (operator IN ('>', '>=', '<', '<=')),
    threshold        numeric NOT NULL,
    clear_threshold  numeric,                 -- NULL: the threshold
    hold_periods     smallint NOT NULL DEFAULT 1 CHECK (hold_periods >= 1), -- periods in a row before it fires
    min_denominator  numeric NOT NULL DEFAULT 0,
    enabled          boolean NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL DEFAULT now(),
    begun_at         timestamptz              -- first evaluation: what was over then was one list
);
CREATE TABLE alert_state (
    rule_id      bigint NOT NULL REFERENCES alert_rule (id),
    member       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('normal', 'pending', 'firing', 'recovering', 'no-data', 'error')),
    since        timestamptz NOT NULL,
    since_period text NOT NULL DEFAULT '',
    period       text NOT NULL DEFAULT '',    -- the last period judged
    value        numeric,
    numerator    numeric,
    denominator  numeric,
    held         smallint NOT NULL DEFAULT 0,
    episode      bigint NOT NULL DEFAULT 0,   -- counts up each time it fires
    evaluated_at timestamptz NOT NULL,
    PRIMARY KEY (rule_id, member)
);
CREATE TABLE alert_message (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id     bigint NOT NULL REFERENCES alert_rule (id),
    member      text NOT NULL,
    episode     bigint NOT NULL,
    reason      text NOT NULL,                -- fired, recovered, began (the list of what was already over), ...
    account_id  bigint NOT NULL REFERENCES account (id),
    message_id  text NOT NULL UNIQUE,
    subject     text NOT NULL,
    body_text   text NOT NULL,
    body_html   text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    attempts    integer NOT NULL DEFAULT 0,
    last_error  text
);
GRANT SELECT, INSERT, UPDATE ON alert_rule, alert_state, alert_message TO onevision_app;

-- +goose Down
SELECT 1/0;
