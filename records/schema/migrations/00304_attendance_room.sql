-- Marks are corrected, and a page with a little room takes the corrected row in
-- beside the old one: no index changes, and the log has one page to tell of
-- instead of four. It holds for pages filled from now on.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE PROCEDURE make_attendance_partition(year integer) LANGUAGE plpgsql AS $$
DECLARE name text := format('attendance_%s', year);
BEGIN
    EXECUTE format('CREATE TABLE %I PARTITION OF attendance FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 95)', name, make_date(year, 9, 1), make_date(year + 1, 9, 1));
    CALL protect_attendance_partition(name);
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
DO $$
DECLARE leaf regclass;
BEGIN
    FOR leaf IN SELECT relid FROM pg_partition_tree('attendance') WHERE isleaf LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 95)', leaf);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 1/0;
