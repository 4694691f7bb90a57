-- A rule may come from a file, which alone changes it then; and a silence may be
-- ended before its time.

-- +goose Up
ALTER TABLE alert_rule ADD COLUMN file text NOT NULL DEFAULT ''; -- name of the file that it was read from; '' made on the page or by the API

-- +goose Down
SELECT 1/0;
