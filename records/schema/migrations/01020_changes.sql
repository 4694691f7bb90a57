-- The changes feed: what was created, corrected and deleted, of all kinds, in one
-- order. Each statement that changes records leaves a line in change_pending, in
-- its own transaction; sequence_changes, one at a time, gives what has been
-- committed consecutive positions and moves it to change. A position is given
-- after commit, so a reader who goes on from the last one misses nothing: times
-- and the order of transactions' numbers both show rows late.

-- +goose Up
CREATE TABLE change_pending (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL,                -- the kind's table
    category   text NOT NULL,
    operation  text NOT NULL CHECK (operation IN ('create', 'correct', 'delete')),
    records    bigint[] NOT NULL,
    children   bigint[] NOT NULL             -- of each record, NULL where it is about none
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_analyze_threshold = 1000000000);

CREATE TABLE change (
    last_position  bigint PRIMARY KEY,       -- of the last of records; the first has the position cardinality(records) - 1 before
    kind           text NOT NULL,
    category       text NOT NULL,
    operation      text NOT NULL,
    records        bigint[] NOT NULL,
    children       bigint[] NOT NULL
);
ALTER TABLE change ENABLE ROW LEVEL SECURITY;
CREATE POLICY viewer_read ON change FOR SELECT TO onevision_app USING (viewer_reads(category));
GRANT SELECT ON change TO onevision_app;

-- How far the feed goes. A generation is one copy of the record store: a restored
-- one begins another, because it gives the same positions to other changes.
CREATE TABLE change_head (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position    bigint NOT NULL DEFAULT 0,
    generation  text NOT NULL DEFAULT '',
    began_at    bigint NOT NULL DEFAULT 0,   -- the position at which the generation began
    copy        text NOT NULL DEFAULT ''     -- which copy of the record store it is of
);
INSERT INTO change_head DEFAULT VALUES;
GRANT SELECT ON change_head TO onevision_app;

-- +goose StatementBegin
CREATE FUNCTION note_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    said text := CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'correct' ELSE 'delete' END;
BEGIN
    -- A line holds a thousand records at the most: it is read as a whole. A
    -- function's plans are kept for each table that it is a trigger of.
    IF TG_ARGV[1] = 'child_id' THEN
        INSERT INTO change_pending (kind, category, operation, records, children)
        SELECT TG_TABLE_NAME, TG_ARGV[0], said, array_agg(id), array_agg(child_id)
        FROM (SELECT id, child_id, (row_number() OVER () - 1) / 1000 AS line FROM changed) c GROUP BY line ORDER BY line;
    ELSIF TG_ARGV[1] = 'id' THEN
        INSERT INTO change_pending (kind, category, operation, records, children)
        SELECT TG_TABLE_NAME, TG_ARGV[0], said, array_agg(id), array_agg(id)
        FROM (SELECT id, (row_number() OVER () - 1) / 1000 AS line FROM changed) c GROUP BY line ORDER BY line;
    ELSE
        INSERT INTO change_pending (kind, category, operation, records, children)
        SELECT TG_TABLE_NAME, TG_ARGV[0], said, array_agg(id), array_agg(NULL::bigint)
        FROM (SELECT id, (row_number() OVER () - 1) / 1000 AS line FROM changed) c GROUP BY line ORDER BY line;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION note_changes FROM PUBLIC;

-- feed_changes has a kind's table leave its changes for the feed.
-- +goose StatementBegin
CREATE PROCEDURE feed_changes(kind_table text, category text)
    LANGUAGE plpgsql
    AS $$
DECLARE
    child text := CASE WHEN kind_table = 'child' THEN 'id'
        WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = kind_table::regclass AND attname = 'child_id' AND NOT attisdropped) THEN 'child_id'
        ELSE '' END;
BEGIN
    EXECUTE format('CREATE TRIGGER note_created AFTER INSERT ON %I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%L, %L)', kind_table, category, child);
    EXECUTE format('CREATE TRIGGER note_corrected AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%L, %L)', kind_table, category, child);
    EXECUTE format('CREATE TRIGGER note_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%L, %L)', kind_table, category, child);
END $$;
-- +goose StatementEnd
REVOKE ALL ON PROCEDURE feed_changes FROM PUBLIC;

-- sequence_changes gives positions to at most so many lines that have been
-- committed, and says how far the feed then goes and how many lines it took. The
-- head's row is the lock that makes it one at a time, and ends with whoever has it.
-- Changes of one record come in their order: the second waits for the first's
-- commit before it gets a number in change_pending.
-- +goose StatementBegin
CREATE FUNCTION sequence_changes(most integer, OUT head bigint, OUT lines integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    SELECT position INTO head FROM change_head FOR UPDATE;
    WITH taken AS (
        DELETE FROM change_pending WHERE id IN (SELECT id FROM change_pending ORDER BY id LIMIT most) RETURNING *
    ), placed AS (
        INSERT INTO change (last_position, kind, category, operation, records, children)
        SELECT head + sum(cardinality(t.records)) OVER (ORDER BY t.id), t.kind, t.category, t.operation, t.records, t.children FROM taken t
        RETURNING last_position
    )
    SELECT coalesce(max(last_position), head), count(*) INTO head, lines FROM placed;
    IF lines > 0 THEN
        UPDATE change_head SET position = head;
    END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION sequence_changes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sequence_changes TO onevision_app;

-- begin_changes begins another generation if this is another copy of the record
-- store than the feed's last writer had: another server or database, another
-- timeline (a backup was put back), or one that does not go as far as that writer
-- remembers (0: it remembers nothing).
-- +goose StatementBegin
CREATE FUNCTION begin_changes(remembered text, remembered_position bigint, OUT generation text, OUT head bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    h change_head;
    here text := concat_ws('/', (SELECT system_identifier FROM pg_control_system()), (SELECT oid FROM pg_database WHERE datname = current_database()), left(pg_walfile_name(pg_current_wal_lsn()), 8));
BEGIN
    SELECT * INTO h FROM change_head FOR UPDATE;
    IF h.copy <> here OR remembered <> '' AND (remembered <> h.generation OR remembered_position > h.position) THEN
        h.generation := left(replace(gen_random_uuid()::text, '-', ''), 12);
        UPDATE change_head c SET generation = h.generation, began_at = h.position, copy = here;
    END IF;
    generation := h.generation;
    head := h.position;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION begin_changes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_changes TO onevision_app;

-- The kinds that are there, and through make_kind those to come.
-- +goose StatementBegin
DO $$
DECLARE k record;
BEGIN
    FOR k IN
        SELECT c.relname AS name,
            (SELECT substring(pg_get_expr(p.polqual, p.polrelid) FROM '''([a-z0-9_]+)''') FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'viewer_read') AS category
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'keep_history' AND t.tgparentid = 0
    LOOP
        CALL feed_changes(k.name, k.category);
    END LOOP;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE PROCEDURE make_kind(kind_table text, category text, fact_columns text[], natural_key text[] DEFAULT '{}')
    LANGUAGE plpgsql
    AS $$
DECLARE
    cols text := (SELECT string_agg(format('%I', c), ', ') FROM unnest(fact_columns) c);
BEGIN
    CALL keep_batches(kind_table, category, natural_key);
    CALL feed_changes(kind_table, category);
    EXECUTE format('CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION keep_history(%L)', kind_table, kind_table || '_history');
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kind_table);
    EXECUTE format('CREATE POLICY viewer_read ON %I FOR SELECT TO onevision_app USING (viewer_reads(%L))', kind_table, category);
    EXECUTE format('CREATE POLICY viewer_insert ON %I FOR INSERT TO onevision_app WITH CHECK (viewer_writes(%L))', kind_table, category);
    EXECUTE format('CREATE POLICY viewer_update ON %I FOR UPDATE TO onevision_app USING (viewer_writes(%L)) WITH CHECK (viewer_writes(%L))', kind_table, category, category);
    EXECUTE format('CREATE POLICY viewer_delete ON %I FOR DELETE TO onevision_app USING (viewer_writes(%L))', kind_table, category);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO onevision_app', kind_table);
    IF array_length(fact_columns, 1) > 0 THEN
        EXECUTE format('CREATE POLICY follow ON %I FOR SELECT TO onevision_follow USING (true)', kind_table);
        EXECUTE format('GRANT SELECT (%s) ON %I TO onevision_follow', cols, kind_table);
        EXECUTE format('ALTER PUBLICATION onevision_facts ADD TABLE %I (%s)', kind_table, cols);
    END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON PROCEDURE make_kind FROM PUBLIC;

-- +goose Down
SELECT 1/0;
