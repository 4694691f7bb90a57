-- Days on which somebody is away: those who answer with them are told instead.

-- +goose Up
CREATE TABLE leave (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES account (id),
    from_date   date NOT NULL,
    to_date     date NOT NULL CHECK (to_date > from_date) -- the first day back
);
CREATE INDEX ON leave (account_id);
GRANT SELECT, INSERT, UPDATE ON leave TO onevision_app;

-- +goose Down
SELECT 1/0;
