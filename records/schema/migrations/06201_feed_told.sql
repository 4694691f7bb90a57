-- Files that come regularly and have stopped coming: of which it has been told.

-- +goose Up
CREATE TABLE intake_feed_told (
    batch_id  bigint PRIMARY KEY REFERENCES batch (id),  -- the last file that came
    told_at   timestamptz NOT NULL
);
GRANT SELECT, INSERT ON intake_feed_told TO onevision_app;

-- +goose Down
SELECT 1/0;
