-- The chain of the audit: each line gets a position and a keyed hash over itself and
-- the hash before, within a second, by the writer that gives the changes feed its
-- positions. The key is in the program's data folder and not here, so that nobody who
-- only has the database can make a chain that agrees with other lines.

-- +goose Up
-- What each statement wrote, until it is chained.
CREATE TABLE audit_pending (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lines  bigint[] NOT NULL                 -- ids of audit
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_analyze_threshold = 1000000000);

CREATE TABLE audit_link (
    position    bigint PRIMARY KEY,
    audit_id    bigint NOT NULL UNIQUE,
    chained_at  timestamptz NOT NULL,
    hash        bytea NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_link FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far the chain goes. Its row is the lock that makes it one writer.
CREATE TABLE audit_head (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position  bigint NOT NULL DEFAULT 0,
    hash      bytea NOT NULL DEFAULT ''
);
INSERT INTO audit_head DEFAULT VALUES;

-- +goose StatementBegin
CREATE FUNCTION note_audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    INSERT INTO audit_pending (lines) SELECT array_agg(id ORDER BY id) FROM came HAVING count(*) > 0;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION note_audit FROM PUBLIC;
CREATE TRIGGER note_audit AFTER INSERT ON audit REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION note_audit();

-- The lines from before the chain.
INSERT INTO audit_pending (lines) SELECT array_agg(id ORDER BY id) FROM audit GROUP BY id / 1000 ORDER BY id / 1000;

GRANT SELECT, DELETE ON audit_pending TO onevision_app;
GRANT SELECT, INSERT ON audit_link TO onevision_app;
GRANT SELECT, UPDATE ON audit_head TO onevision_app;
-- Nobody but the clock says when a line was written.
REVOKE INSERT ON audit FROM onevision_app;
GRANT INSERT (account_id, actor, role, action, kind, record_id, child_id, fields, reason, request, records, children) ON audit TO onevision_app;

-- +goose Down
SELECT 1/0;
