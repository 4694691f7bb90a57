-- A person's own dashboard: the measures that they chose, in their order, some of
-- them pinned to one school or team. And what they saw there when they looked last,
-- so that the page can say what has changed since.

-- +goose Up
CREATE TABLE dashboard_layout (
    account_id  bigint PRIMARY KEY REFERENCES account (id),
    version     integer NOT NULL,             -- counts up with every change: two browser windows cannot undo one another
    cards       jsonb NOT NULL,               -- [{"indicator": "...", "breakdown": "school", "member": "12"}], in order
    changed_at  timestamptz NOT NULL
);
CREATE TABLE dashboard_look (
    account_id  bigint PRIMARY KEY REFERENCES account (id),
    at          timestamptz NOT NULL,         -- of the newest look
    seen        jsonb NOT NULL,               -- what it showed, by measure: status, period, text
    before_at   timestamptz,                  -- of the newest look of the sitting before; NULL: there was none
    before      jsonb NOT NULL DEFAULT '{}'
);
ALTER TABLE dashboard_layout ENABLE ROW LEVEL SECURITY;
ALTER TABLE dashboard_look ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON dashboard_layout TO onevision_app USING (account_id = nullif(current_setting('onevision.account', true), '')::bigint);
CREATE POLICY own ON dashboard_look TO onevision_app USING (account_id = nullif(current_setting('onevision.account', true), '')::bigint);
GRANT SELECT, INSERT, UPDATE, DELETE ON dashboard_layout, dashboard_look TO onevision_app;

-- +goose Down
SELECT 1/0;
