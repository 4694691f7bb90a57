-- An alert has a life: it is opened, told, acknowledged, worse, ended, and each
-- of these is a line of its history. What is to be told to whom stands as notices,
-- which become messages when they are due; a message is delivered by the mail
-- worker of any program on this record store, in the order in which they were
-- written. The queue of the library that carried one job for each letter goes: it
-- knew neither that order nor how to replace a letter that nobody has yet.

-- +goose Up
ALTER TABLE alert_rule RENAME COLUMN hold_periods TO pending_periods;
ALTER TABLE alert_rule
    ADD COLUMN revision       integer NOT NULL DEFAULT 1,   -- counts up when what the rule means is edited
    ADD COLUMN begun_revision integer,                      -- the revision that was last evaluated from its beginning
    ADD COLUMN timing         text NOT NULL DEFAULT 'at-once' CHECK (timing IN ('at-once', 'digest')),
    ADD COLUMN confidence     smallint NOT NULL DEFAULT 0 CHECK (confidence IN (0, 80, 90, 95, 99)), -- of the interval that must lie beyond the threshold; 0: the value alone
    ADD COLUMN worse_by       numeric NOT NULL DEFAULT 25 CHECK (worse_by >= 0), -- per cent of the figure last told; 0: never told as worse
    ADD COLUMN escalate_hours smallint NOT NULL DEFAULT 8 CHECK (escalate_hours BETWEEN 0 AND 400), -- working hours; 0: never
    ADD COLUMN escalate_to    bigint REFERENCES account (id), -- NULL: who answers for the authority
    ADD COLUMN optional       boolean NOT NULL DEFAULT false, -- a reader may stop its mail
    ADD COLUMN quiet_from     time,                         -- no letter goes between these hours, in London's time
    ADD COLUMN quiet_to       time,
    ADD CHECK ((quiet_from IS NULL) = (quiet_to IS NULL));
UPDATE alert_rule SET begun_revision = 1 WHERE begun_at IS NOT NULL;

-- A state belongs to the breakdown that it was seen under.
ALTER TABLE alert_state
    ADD COLUMN breakdown  text NOT NULL DEFAULT '',
    ADD COLUMN turned_at  timestamptz, -- data since which the value says otherwise than the state
    ADD COLUMN turned_to  text NOT NULL DEFAULT '', -- what it would say: fired, recovered, worse
    ADD COLUMN told_value numeric,     -- the figure that was last told of the open alert
    ADD COLUMN unjudged   text NOT NULL DEFAULT ''; -- the period told of as not judged
UPDATE alert_state s SET breakdown = r.breakdown, told_value = CASE WHEN s.open THEN s.value END FROM alert_rule r WHERE r.id = s.rule_id;
ALTER TABLE alert_state DROP CONSTRAINT alert_state_pkey, ADD PRIMARY KEY (rule_id, breakdown, member);

CREATE TABLE alert (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id       bigint NOT NULL REFERENCES alert_rule (id),
    breakdown     text NOT NULL,
    member        text NOT NULL,              -- '' the whole
    member_name   text NOT NULL DEFAULT '',
    episode       bigint NOT NULL,
    opened_at     timestamptz NOT NULL,
    opened_period text NOT NULL DEFAULT '',   -- the first period over
    acknowledged_at timestamptz,
    acknowledged_by bigint REFERENCES account (id),
    due           date,                       -- when the act is to be done
    assigned_to   bigint REFERENCES account (id),
    snoozed_until timestamptz,
    escalated_at  timestamptz,
    ended_at      timestamptz,
    ended         text CHECK (ended IN ('recovered', 'closed', 'rule-changed')),
    reviewed_at   timestamptz,
    CHECK ((ended_at IS NULL) = (ended IS NULL)),
    UNIQUE (rule_id, breakdown, member, episode)
);
CREATE INDEX ON alert (rule_id) WHERE ended_at IS NULL;
CREATE TABLE alert_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id    bigint NOT NULL REFERENCES alert (id),
    at          timestamptz NOT NULL,
    what        text NOT NULL,                -- opened, worse, recovered, acknowledged, ...
    account_id  bigint REFERENCES account (id), -- who did it; NULL: the program
    to_account  bigint REFERENCES account (id), -- whom it concerns: told, assigned, escalated to
    comment     text NOT NULL DEFAULT '',
    due         date,
    until_at    timestamptz,
    period      text NOT NULL DEFAULT '',
    value       numeric
);
CREATE INDEX ON alert_event (alert_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON alert_event FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A silence keeps the alerts that it matches from being told while it lasts.
CREATE TABLE alert_silence (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id     bigint REFERENCES alert_rule (id), -- NULL: every rule
    breakdown   text,                         -- NULL: every one
    member      text,                         -- NULL: every one
    from_at     timestamptz NOT NULL,
    to_at       timestamptz NOT NULL CHECK (to_at > from_at),
    comment     text NOT NULL CHECK (comment <> ''),
    account_id  bigint NOT NULL REFERENCES account (id),
    created_at  timestamptz NOT NULL
);
-- Readers who stopped the mail of a rule that lets them.
CREATE TABLE alert_stopped (
    rule_id     bigint NOT NULL REFERENCES alert_rule (id),
    account_id  bigint NOT NULL REFERENCES account (id),
    at          timestamptz NOT NULL,
    PRIMARY KEY (rule_id, account_id)
);

-- What is to be told to one reader about one member.
CREATE TABLE alert_notice (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id     bigint NOT NULL REFERENCES alert_rule (id),
    alert_id    bigint REFERENCES alert (id), -- NULL: about no alert (a period that was not judged)
    breakdown   text NOT NULL,
    member      text NOT NULL,
    member_name text NOT NULL DEFAULT '',
    account_id  bigint NOT NULL REFERENCES account (id),
    what        text NOT NULL,
    at          timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    digest      boolean NOT NULL DEFAULT false,
    message_id  bigint,                       -- the message that tells it
    dropped_at  timestamptz                   -- not told, because it had passed before it could be
);
CREATE INDEX ON alert_notice (alert_id, account_id);
CREATE INDEX ON alert_notice (account_id, due_at) WHERE message_id IS NULL AND dropped_at IS NULL;
CREATE INDEX ON alert_notice (message_id);

ALTER TABLE alert_message
    ALTER COLUMN rule_id DROP NOT NULL,       -- NULL: a digest of several
    ALTER COLUMN member SET DEFAULT '',
    ALTER COLUMN episode SET DEFAULT 0,
    ALTER COLUMN account_id DROP NOT NULL,    -- NULL: to a system, not to a person
    ADD COLUMN channel       text NOT NULL DEFAULT 'mail',
    ADD COLUMN recipient     text NOT NULL DEFAULT '', -- a webhook's name
    ADD COLUMN refs          text NOT NULL DEFAULT '', -- the messages of its thread, the first one first
    ADD COLUMN reply_to      text NOT NULL DEFAULT '',
    ADD COLUMN unsubscribe   text NOT NULL DEFAULT '', -- address of the page that stops this mail
    ADD COLUMN next_at       timestamptz,     -- not before; NULL: at once
    ADD COLUMN handing_at    timestamptz,     -- being handed over since
    ADD COLUMN doubtful      integer NOT NULL DEFAULT 0, -- times that it may have been taken without an answer
    ADD COLUMN superseded_at timestamptz;     -- replaced by a later message, before anybody had it
CREATE INDEX ON alert_message (id) WHERE sent_at IS NULL AND failed_at IS NULL AND superseded_at IS NULL;
ALTER TABLE alert_notice ADD FOREIGN KEY (message_id) REFERENCES alert_message (id);

-- Every attempt to hand a message over, with what the other side answered.
CREATE TABLE alert_delivery (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id  bigint NOT NULL REFERENCES alert_message (id),
    at          timestamptz NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('sent', 'deferred', 'doubtful', 'refused', 'resent')),
    answer      text NOT NULL DEFAULT '',
    account_id  bigint REFERENCES account (id) -- who asked for it to be sent again
);
CREATE INDEX ON alert_delivery (message_id, id);

-- What is open goes on as an alert, with the messages that told it.
INSERT INTO alert (rule_id, breakdown, member, member_name, episode, opened_at, opened_period)
SELECT rule_id, breakdown, member, member_name, episode, since, since_period FROM alert_state WHERE open;
INSERT INTO alert_event (alert_id, at, what) SELECT id, opened_at, 'opened' FROM alert;
INSERT INTO alert_notice (rule_id, alert_id, breakdown, member, member_name, account_id, what, at, due_at, message_id)
SELECT DISTINCT ON (a.id, m.account_id) a.rule_id, a.id, a.breakdown, a.member, a.member_name, m.account_id, m.reason, m.created_at, m.created_at, m.id
FROM alert a JOIN alert_message m ON m.rule_id = a.rule_id AND (m.member = a.member AND m.episode = a.episode AND m.reason = 'fired' OR m.reason = 'began')
ORDER BY a.id, m.account_id, m.id;

GRANT SELECT, INSERT, UPDATE ON alert, alert_silence, alert_notice TO onevision_app;
GRANT SELECT, INSERT ON alert_event, alert_delivery TO onevision_app;
GRANT SELECT, INSERT, DELETE ON alert_stopped TO onevision_app;

GRANT DELETE ON alert_state TO onevision_app;

DROP TABLE river_job, river_leader, river_queue, river_notification, river_migration CASCADE;
DROP FUNCTION river_job_state_in_bitmask;
DROP TYPE river_job_state;

-- +goose Down
SELECT 1/0;
