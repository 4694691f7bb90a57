-- Which school's roll a child is on is a category of its own: a transport officer
-- and a health visitor need it, and not the marks and results of education.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    p record;
    said text;
BEGIN
    FOR p IN
        SELECT c.relname AS name, o.polname AS policy, o.polcmd AS command
        FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid
        WHERE c.relname IN ('enrolment', 'enrolment_history') AND o.polname LIKE 'viewer_%'
    LOOP
        said := CASE p.command WHEN 'r' THEN 'viewer_reads(''roll'')' ELSE 'viewer_writes(''roll'')' END;
        EXECUTE format('ALTER POLICY %I ON %I %s %s', p.policy, p.name,
            CASE WHEN p.command <> 'a' THEN 'USING (' || said || ')' ELSE '' END,
            CASE WHEN p.command IN ('a', 'w') THEN 'WITH CHECK (' || said || ')' ELSE '' END);
    END LOOP;
END $$;
-- +goose StatementEnd
DROP TRIGGER note_created ON enrolment;
DROP TRIGGER note_corrected ON enrolment;
DROP TRIGGER note_deleted ON enrolment;
CALL feed_changes('enrolment', 'roll');
UPDATE change SET category = 'roll' WHERE kind = 'enrolment';
UPDATE change_pending SET category = 'roll' WHERE kind = 'enrolment';

-- +goose Down
SELECT 1/0;
