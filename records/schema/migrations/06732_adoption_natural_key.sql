-- A file knows an adoption by its child and period: the constraint says so, since a row
-- that is there already is found by it. (A period is of one child.)

-- +goose Up
ALTER TABLE adoption DROP CONSTRAINT adoption_once, ADD CONSTRAINT adoption_once UNIQUE (child_id, period_id);

-- +goose Down
SELECT 1/0;
