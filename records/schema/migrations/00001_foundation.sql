-- The ground that every later migration stands on: what the installation is,
-- who may do what in the database, and the three ways a record kind is made
-- safe (history, row-level security, publication), each in one function.
--
-- Roles (made before the first migration, because roles belong to the server
-- and not to a database):
--   onevision_owner   owns every table, migrates; nobody can log in as it
--   onevision_app     the program; under row-level security; no right on a partition
--   onevision_follow  logical replication; reads fact columns only

-- +goose Up
CREATE TABLE installation (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    authority   text NOT NULL DEFAULT 'Your authority',
    demo        boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO installation DEFAULT VALUES;
GRANT SELECT ON installation TO onevision_app, onevision_follow;

-- What the transaction's viewer may read and write, as access.InTx set it for
-- this transaction only. No setting means no category: the zero viewer sees
-- nothing.
-- +goose StatementBegin
CREATE FUNCTION viewer_reads(category text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(category = ANY (string_to_array(current_setting('onevision.reads', true), ',')), false) $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION viewer_writes(category text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(category = ANY (string_to_array(current_setting('onevision.writes', true), ',')), false) $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION viewer_account() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('onevision.account', true), '')::bigint $$;
-- +goose StatementEnd

-- The publication exists before any slot can: a slot decodes against the
-- catalogue of the past, and a publication made later does not exist there.
CREATE PUBLICATION onevision_facts WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);

-- Which follower start a slot last belonged to (one row for each slot). An
-- older copy of this database put back shows an older epoch than the
-- warehouse knows: that means rebuild.
CREATE TABLE follow_epoch (
    slot        text PRIMARY KEY,
    epoch       uuid NOT NULL,
    renewed_at  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON follow_epoch TO onevision_follow;
GRANT SELECT ON follow_epoch TO onevision_app;

-- Every UPDATE and DELETE of a record, however made, first copies the row that
-- stood to <table>_history, with who replaced it and why.
-- +goose StatementBegin
CREATE FUNCTION keep_history() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('INSERT INTO %I SELECT now(), $2, $3, $4, ($1).*', TG_ARGV[0])
        USING OLD, viewer_account(), lower(TG_OP), nullif(current_setting('onevision.reason', true), '');
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- make_kind does for a record kind's table all that is the same for each kind:
-- history, row-level security with one policy by category, grants, and its
-- fact columns in the publication. fact_columns must contain the primary key.
-- +goose StatementBegin
CREATE PROCEDURE make_kind(kind_table text, category text, fact_columns text[])
    LANGUAGE plpgsql
    AS $$
DECLARE
    history text := kind_table || '_history';
    cols text := (SELECT string_agg(format('%I', c), ', ') FROM unnest(fact_columns) c);
BEGIN
    -- The four columns about the change come first, so that a column added to
    -- both tables later keeps its place at the end of both.
    EXECUTE format('CREATE TABLE %I (superseded_at timestamptz NOT NULL, superseded_by bigint, operation text NOT NULL CHECK (operation IN (''update'', ''delete'')), reason text, LIKE %I)', history, kind_table);
    EXECUTE format('CREATE INDEX ON %I (id, version)', history);
    EXECUTE format('CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION keep_history(%L)', kind_table, history);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kind_table);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', history);
    EXECUTE format('CREATE POLICY viewer_read ON %I FOR SELECT TO onevision_app USING (viewer_reads(%L))', kind_table, category);
    EXECUTE format('CREATE POLICY viewer_insert ON %I FOR INSERT TO onevision_app WITH CHECK (viewer_writes(%L))', kind_table, category);
    EXECUTE format('CREATE POLICY viewer_update ON %I FOR UPDATE TO onevision_app USING (viewer_writes(%L)) WITH CHECK (viewer_writes(%L))', kind_table, category, category);
    EXECUTE format('CREATE POLICY viewer_delete ON %I FOR DELETE TO onevision_app USING (viewer_writes(%L))', kind_table, category);
    EXECUTE format('CREATE POLICY viewer_read ON %I FOR SELECT TO onevision_app USING (viewer_reads(%L))', history, category);
    EXECUTE format('CREATE POLICY viewer_insert ON %I FOR INSERT TO onevision_app WITH CHECK (viewer_writes(%L))', history, category);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO onevision_app', kind_table);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO onevision_app', history);
    IF array_length(fact_columns, 1) > 0 THEN
        EXECUTE format('CREATE POLICY follow ON %I FOR SELECT TO onevision_follow USING (true)', kind_table);
        EXECUTE format('GRANT SELECT (%s) ON %I TO onevision_follow', cols, kind_table);
        EXECUTE format('ALTER PUBLICATION onevision_facts ADD TABLE %I (%s)', kind_table, cols);
    END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON PROCEDURE make_kind FROM PUBLIC;

-- make_codes makes a dated code table: what each code means and when it could
-- be used. Everybody reads it, nobody but the owner writes it, the warehouse
-- follows it first.
-- +goose StatementBegin
CREATE PROCEDURE make_codes(code_table text)
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I (
        code        text PRIMARY KEY CHECK (code <> ''''),
        label       text NOT NULL,
        position    smallint NOT NULL,
        valid_from  date NOT NULL DEFAULT ''1900-01-01'',
        valid_to    date,
        CHECK (valid_to IS NULL OR valid_to > valid_from))', code_table);
    EXECUTE format('GRANT SELECT ON %I TO onevision_app, onevision_follow', code_table);
    EXECUTE format('ALTER PUBLICATION onevision_facts ADD TABLE %I', code_table);
END $$;
-- +goose StatementEnd
REVOKE ALL ON PROCEDURE make_codes FROM PUBLIC;

-- +goose Down
SELECT 1/0; -- migrations go forward only
