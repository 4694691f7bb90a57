-- What the state of an alert needs besides its name, so that the same period
-- evaluated twice, a value corrected afterwards, a gap in the data and a second
-- evaluator with older data all come out right; and how a delivery ended.

-- +goose Up
ALTER TABLE alert_state
    ADD COLUMN member_name  text NOT NULL DEFAULT '',       -- of the school or team, as the answer named it
    ADD COLUMN open         boolean NOT NULL DEFAULT false, -- an episode is open: told, and not recovered
    ADD COLUMN held_before  smallint NOT NULL DEFAULT 0,    -- held as it stood before this period
    ADD COLUMN period_first date;                           -- first day of the last period judged
CREATE INDEX ON alert_state (rule_id) WHERE open;

-- The data that the rule was last evaluated on: older data changes nothing.
ALTER TABLE alert_rule ADD COLUMN as_at timestamptz;

ALTER TABLE alert_message
    ADD COLUMN in_reply_to text,                            -- the message that the episode began with
    ADD COLUMN failed_at   timestamptz;                     -- refused for good by the mail server (last_error says how)
CREATE INDEX ON alert_message (account_id, id);
CREATE INDEX ON alert_message (rule_id, member, episode);

-- +goose Down
SELECT 1/0;
