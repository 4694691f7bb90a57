-- An import is a batch: who sent what, from which source, up to which day, and
-- what came of it. Every record and every row of history carries the batch that
-- it came by (NULL: it came by no file), so that a batch can be undone, and an
-- import can ask whether somebody has corrected or deleted a record since.
--
-- What of this must be the same for each kind is done by make_kind; the kinds
-- that were made before are brought to the same state here.

-- +goose Up
ALTER TABLE intake_file RENAME TO batch;
ALTER TABLE batch
    ADD COLUMN source     text NOT NULL DEFAULT '',      -- which system or body says it: school, social-care, nhs
    ADD COLUMN covers_to  date,                          -- the last day that the file tells of
    ADD COLUMN extent     text NOT NULL DEFAULT 'partial' CHECK (extent IN ('full', 'partial')),
    ADD COLUMN rows_kept  bigint NOT NULL DEFAULT 0,     -- what stands against the file
    ADD COLUMN undone_at  timestamptz,
    ADD COLUMN undone_by  bigint;
ALTER TABLE intake_unmatched RENAME COLUMN file_id TO batch_id;

-- What a batch did, a row for each statement. The records are found by this,
-- and not by an index on their batch_id: that would be one more index to change
-- with every corrected mark.
CREATE TABLE batch_change (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id   bigint NOT NULL REFERENCES batch (id),
    kind       text NOT NULL,
    action     text NOT NULL CHECK (action IN ('create', 'correct', 'delete')),
    ids        bigint[] NOT NULL
);
CREATE INDEX ON batch_change (batch_id);
ALTER TABLE batch_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY intake ON batch_change TO onevision_app
    USING (EXISTS (SELECT FROM batch b WHERE b.id = batch_id)) WITH CHECK (EXISTS (SELECT FROM batch b WHERE b.id = batch_id));
GRANT SELECT, INSERT ON batch_change TO onevision_app;

-- What each source last said of a field of a record that several sources tell
-- of, whether or not it is what stands. A line is added when a source says
-- something else than it last did; the words of a batch that is undone count no
-- more.
CREATE TABLE stated_value (
    kind       text NOT NULL,
    record_id  bigint NOT NULL,
    field      text NOT NULL,
    source     text NOT NULL,
    batch_id   bigint NOT NULL REFERENCES batch (id),
    category   text NOT NULL,
    child_id   bigint,
    value      text NOT NULL,                            -- '' where the source says that there is none
    stated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, record_id, field, source, batch_id)
);
CREATE INDEX ON stated_value (child_id);
ALTER TABLE stated_value ENABLE ROW LEVEL SECURITY;
CREATE POLICY viewer_read ON stated_value FOR SELECT TO onevision_app USING (viewer_reads(category));
CREATE POLICY viewer_insert ON stated_value FOR INSERT TO onevision_app WITH CHECK (viewer_writes(category));
CREATE POLICY viewer_update ON stated_value FOR UPDATE TO onevision_app USING (viewer_writes(category)) WITH CHECK (viewer_writes(category));
GRANT SELECT, INSERT, UPDATE ON stated_value TO onevision_app;

-- One line of the audit may tell of many records that one statement changed.
ALTER TABLE audit
    ADD COLUMN records   bigint[],
    ADD COLUMN children  bigint[];
CREATE INDEX ON audit USING gin (children) WHERE children IS NOT NULL;

-- The batch of the transaction, NULL if it is none's.
-- +goose StatementBegin
CREATE FUNCTION current_batch() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('onevision.batch', true), '')::bigint $$;
-- +goose StatementEnd

-- A changed record comes by the transaction's batch, or by none. What is put
-- back as it was, when a batch is undone, comes by what it then came by.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_history() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('INSERT INTO %I SELECT now(), $2, $3, $4, $5, ($1).*', TG_ARGV[0])
        USING OLD, viewer_account(), lower(TG_OP), nullif(current_setting('onevision.reason', true), ''), current_batch();
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF current_setting('onevision.undo', true) IS DISTINCT FROM 'on' THEN
        NEW.batch_id := current_batch();
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- keep_batches gives a kind's table the batch of each record, and makes its
-- history: five columns about the change, then those of the record, so that a
-- column added to both later keeps its place at the end of both. natural_key is
-- what an import knows a record of the kind by.
-- +goose StatementBegin
CREATE PROCEDURE keep_batches(kind_table text, category text, natural_key text[])
    LANGUAGE plpgsql
    AS $$
DECLARE
    history text := kind_table || '_history';
    cols text := (SELECT string_agg(format('%I', c), ', ') FROM unnest(natural_key) c);
    old_cols text;
BEGIN
    EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS batch_id bigint DEFAULT current_batch()', kind_table);
    IF to_regclass(history) IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %I RENAME TO %I', history, history || '_before');
        old_cols := (SELECT string_agg(format('%I', attname), ', ') FROM pg_attribute
            WHERE attrelid = (history || '_before')::regclass AND attnum > 0 AND NOT attisdropped);
    END IF;
    EXECUTE format('CREATE TABLE %I (superseded_at timestamptz NOT NULL, superseded_by bigint, operation text NOT NULL CHECK (operation IN (''update'', ''delete'')), reason text, superseded_batch bigint, LIKE %I)', history, kind_table);
    IF old_cols IS NOT NULL THEN
        EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM %I', history, old_cols, old_cols, history || '_before');
        EXECUTE format('DROP TABLE %I', history || '_before');
    END IF;
    EXECUTE format('CREATE INDEX ON %I (id, version)', history);
    IF cols IS NOT NULL THEN
        EXECUTE format('CREATE INDEX ON %I (%s)', history, cols);
    END IF;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', history);
    EXECUTE format('CREATE POLICY viewer_read ON %I FOR SELECT TO onevision_app USING (viewer_reads(%L))', history, category);
    EXECUTE format('CREATE POLICY viewer_insert ON %I FOR INSERT TO onevision_app WITH CHECK (viewer_writes(%L))', history, category);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO onevision_app', history);
END $$;
-- +goose StatementEnd
REVOKE ALL ON PROCEDURE keep_batches FROM PUBLIC;

-- make_kind, as before, with the natural key. A migration that leaves it out
-- makes the index of its history itself.
DROP PROCEDURE make_kind(text, text, text[]);
-- +goose StatementBegin
CREATE PROCEDURE make_kind(kind_table text, category text, fact_columns text[], natural_key text[] DEFAULT '{}')
    LANGUAGE plpgsql
    AS $$
DECLARE
    cols text := (SELECT string_agg(format('%I', c), ', ') FROM unnest(fact_columns) c);
BEGIN
    CALL keep_batches(kind_table, category, natural_key);
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

-- The kinds that are there: those named here with their natural keys, and any
-- other that an earlier number has made, without one.
-- +goose StatementBegin
DO $$
DECLARE
    k record;
BEGIN
    FOR k IN
        SELECT c.relname AS name, coalesce(n.natural_key, '{}') AS natural_key,
            (SELECT substring(pg_get_expr(p.polqual, p.polrelid) FROM '''([a-z0-9_]+)''') FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'viewer_read') AS category
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        LEFT JOIN (VALUES
            ('child', ARRAY['upn']), ('child_name', ARRAY['child_id', 'type', 'from_date']), ('address', ARRAY['child_id', 'type', 'from_date']),
            ('child_identifier', ARRAY['scheme', 'value']), ('school', ARRAY['laestab']), ('enrolment', ARRAY['child_id', 'school_id', 'from_date']),
            ('attendance', ARRAY['child_id', 'school_id', 'date']), ('ks4_result', ARRAY['child_id', 'year']),
            ('team', ARRAY['name']), ('worker', ARRAY['name']),
            ('social_care_case', ARRAY['child_id', 'from_date']), ('involvement', ARRAY['child_id', 'worker_id', 'from_date']),
            ('looked_after_period', ARRAY['child_id', 'from_date']), ('legal_status', ARRAY['child_id', 'from_date']),
            ('placement', ARRAY['child_id', 'from_date']), ('looked_after_review', ARRAY['child_id', 'date'])) n (name, natural_key) ON n.name = c.relname
        WHERE t.tgname = 'keep_history' AND t.tgparentid = 0
    LOOP
        CALL keep_batches(k.name, k.category, k.natural_key);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 1/0;
