-- Who reaches which child. A role says what is seen; a relation says of whom. Each
-- relation of a child is a row of reach: a group of viewers, from when until when.
-- Triggers keep it from what the store knows already; the policy of every table
-- about a child asks it, and so does the program's own check.
--
-- Groups are 'school:<id>' (who works with that school), 'worker:<id>' and
-- 'team:<id>' (who is involved), 'area:<district>' (where the child lives),
-- 'service:<category>' (the child has a current record of that category) and
-- 'account:<id>' (one person: who made the child's record lately, who broke the
-- glass, who is named for a restricted record).

-- +goose Up
CREATE TABLE reach (
    child_id   bigint NOT NULL,              -- outlives the child: whoever deletes a record sees what they did
    grp        text COLLATE "C" NOT NULL,
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL,
    source     text NOT NULL,                -- the table and the row that it follows from
    source_id  bigint NOT NULL
);
CREATE INDEX reach_child ON reach (child_id) INCLUDE (grp, from_at, to_at);
CREATE INDEX reach_grp ON reach (grp, child_id);
ALTER TABLE reach ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON reach TO onevision_app;

-- A day's first moment in London; NULL is for ever.
-- +goose StatementBegin
CREATE FUNCTION day_begins(d date) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(d, 'infinity'::date)::timestamp AT TIME ZONE 'Europe/London' $$;
-- +goose StatementEnd

-- An area that an account works in, beside schools and teams; and 'member': works
-- with it, and is told of no alert.
ALTER TABLE responsibility
    ADD COLUMN area text REFERENCES district (code),
    DROP CONSTRAINT responsibility_subject_check,
    DROP CONSTRAINT responsibility_part_check,
    DROP CONSTRAINT responsibility_check1,
    ADD CONSTRAINT responsibility_subject_check CHECK (subject IN ('authority', 'school', 'team', 'area')),
    ADD CONSTRAINT responsibility_part_check CHECK (part IN ('lead', 'deputy', 'member')),
    ADD CONSTRAINT responsibility_of_what CHECK ((subject IN ('school', 'team')) = (member IS NOT NULL) AND (subject = 'area') = (area IS NOT NULL));
CREATE INDEX ON responsibility (account_id);
CREATE INDEX ON worker (account_id);

-- Restricted children exist for the named few only.
CREATE TABLE restriction (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    child_id     bigint NOT NULL REFERENCES child (id),
    class        text NOT NULL CHECK (class IN ('adopted', 'confidential', 'staff-family', 'sensitive')),
    from_at      timestamptz NOT NULL DEFAULT now(),
    to_at        timestamptz CHECK (to_at >= from_at),
    recorded_by  bigint NOT NULL
);
CREATE INDEX ON restriction (child_id);
CREATE TABLE restriction_named (
    restriction_id  bigint NOT NULL REFERENCES restriction (id),
    account_id      bigint NOT NULL REFERENCES account (id),
    PRIMARY KEY (restriction_id, account_id)
);

-- +goose StatementBegin
CREATE FUNCTION barred_to(account bigint) RETURNS bigint[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT coalesce(array_agg(DISTINCT r.child_id), '{}') FROM restriction r
    WHERE r.from_at <= now() AND coalesce(r.to_at, 'infinity') > now()
      AND NOT EXISTS (SELECT FROM restriction_named n WHERE n.restriction_id = r.id AND n.account_id = account)
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION barred_to FROM PUBLIC;

-- The groups that an account belongs to today, by relation.
-- +goose StatementBegin
CREATE FUNCTION groups_of(account bigint) RETURNS TABLE (relation text, grp text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH today AS (SELECT (now() AT TIME ZONE 'Europe/London')::date AS d)
    SELECT r.subject, r.subject || ':' || coalesce(r.member::text, r.area) FROM responsibility r, today
    WHERE r.account_id = account AND r.subject <> 'authority' AND r.from_date <= d AND coalesce(r.to_date, 'infinity') > d
    UNION ALL SELECT g.relation, g.grp FROM worker w, today, LATERAL (VALUES ('caseload', 'worker:' || w.id), ('team', 'team:' || w.team_id)) g (relation, grp)
    WHERE w.account_id = account AND w.from_date <= d AND coalesce(w.to_date, 'infinity') > d
    UNION ALL SELECT 'account', 'account:' || account
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION groups_of FROM PUBLIC;

-- become_viewer sets whose the transaction is: what they read and write, and for
-- each category of whom. rules are 'category=relation', services the groups of the
-- viewer's own service. It answers with what it set, for the program's own check.
-- '*' is every child who is not restricted to others, '**' every record (the
-- program's own work).
-- +goose StatementBegin
CREATE FUNCTION become_viewer(account bigint, reads text, writes text, rules text[], services text[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    r record;
    whose jsonb := '{}';
    any_group text[] := '{}';
    barred bigint[] := '{}';
BEGIN
    PERFORM set_config('onevision.account', account::text, true), set_config('onevision.reads', reads, true), set_config('onevision.writes', writes, true);
    IF account > 0 AND cardinality(rules) > 0 THEN
        barred := barred_to(account);
    END IF;
    FOR r IN
        WITH mine AS MATERIALIZED (
            SELECT g.relation, g.grp FROM groups_of(account) g WHERE account > 0
            UNION ALL SELECT 'service', s FROM unnest(services) s
        )
        SELECT split_part(rule, '=', 1) AS category,
            CASE WHEN bool_or(rule LIKE '%=program') THEN '**' WHEN bool_or(rule LIKE '%=all') THEN '*' END AS everyone,
            coalesce(array_agg(DISTINCT m.grp) FILTER (WHERE m.grp IS NOT NULL), '{}') AS groups
        FROM unnest(rules) rule LEFT JOIN mine m ON m.relation = split_part(rule, '=', 2) OR m.relation = 'account'
        GROUP BY 1
    LOOP
        PERFORM set_config('onevision.reach_' || r.category, coalesce(r.everyone, array_to_string(r.groups, ',')), true);
        whose := whose || jsonb_build_object(r.category, CASE WHEN r.everyone IS NULL THEN to_jsonb(r.groups) ELSE to_jsonb(ARRAY[r.everyone]) END);
        any_group := any_group || r.groups || CASE WHEN r.everyone IS NOT NULL AND r.category <> 'organisation' THEN ARRAY['*'] ELSE '{}' END;
    END LOOP;
    PERFORM set_config('onevision.reach', (SELECT coalesce(string_agg(DISTINCT g, ','), '') FROM unnest(any_group) g), true),
        set_config('onevision.barred', array_to_string(barred, ','), true);
    RETURN jsonb_build_object('whose', whose, 'barred', to_jsonb(barred));
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION become_viewer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION become_viewer TO onevision_app;

-- What the policies ask, each once a statement. No setting gives no group, and
-- nobody is reached.
-- +goose StatementBegin
CREATE FUNCTION viewer_groups(category text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(string_to_array(nullif(current_setting('onevision.reach_' || category, true), ''), ','), '{}') $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION viewer_reaches_all(category text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('onevision.reach_' || category, true) IN ('*', '**'), false) $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION viewer_barred() RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(string_to_array(nullif(current_setting('onevision.barred', true), ''), ',')::bigint[], '{}') $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION viewer_any_group() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(string_to_array(nullif(current_setting('onevision.reach', true), ''), ','), '{}') $$;
-- +goose StatementEnd
CREATE POLICY viewer_read ON reach FOR SELECT TO onevision_app
    USING (grp = ANY ((SELECT viewer_any_group())::text[]) OR '*' = ANY ((SELECT viewer_any_group())::text[]));

-- keep_reach has a table's rows keep their part of reach: a trigger for each
-- statement, so that a bulk copy costs one INSERT ... SELECT. groups is the list of
-- (group, from, to) of a row t.
-- +goose StatementBegin
CREATE PROCEDURE keep_reach(kind_table text, groups text)
    LANGUAGE plpgsql
    AS $$
DECLARE
    derived text := format('SELECT t.child_id, g.grp, g.from_at, g.to_at, %L, t.id FROM %%s t, LATERAL (VALUES %s) g (grp, from_at, to_at) WHERE g.grp IS NOT NULL AND g.to_at > g.from_at', kind_table, groups);
    body text := format($f$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM reach r USING gone g WHERE r.child_id = g.child_id AND r.source = %L AND r.source_id = g.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO reach (child_id, grp, from_at, to_at, source, source_id) %s;
    END IF;
    RETURN NULL;
END $f$, kind_table, format(derived, 'came'));
    name text := 'keep_reach_' || kind_table;
BEGIN
    -- The function's own text says whether this was done before.
    IF EXISTS (SELECT FROM pg_proc WHERE proname = name AND prosrc = body) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS %L', name, body);
    EXECUTE format('REVOKE ALL ON FUNCTION %I FROM PUBLIC', name);
    EXECUTE format('DROP TRIGGER IF EXISTS reach_created ON %I', kind_table);
    EXECUTE format('DROP TRIGGER IF EXISTS reach_corrected ON %I', kind_table);
    EXECUTE format('DROP TRIGGER IF EXISTS reach_deleted ON %I', kind_table);
    EXECUTE format('CREATE TRIGGER reach_created AFTER INSERT ON %I REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION %I()', kind_table, name);
    EXECUTE format('CREATE TRIGGER reach_corrected AFTER UPDATE ON %I REFERENCING OLD TABLE AS gone NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION %I()', kind_table, name);
    EXECUTE format('CREATE TRIGGER reach_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION %I()', kind_table, name);
    EXECUTE format('CREATE OR REPLACE VIEW reach_of_%s AS ' || derived, kind_table, kind_table);
    EXECUTE format('DELETE FROM reach WHERE source = %L', kind_table);
    EXECUTE format('INSERT INTO reach (child_id, grp, from_at, to_at, source, source_id) ' || derived, kind_table);
END $$;
-- +goose StatementEnd
REVOKE ALL ON PROCEDURE keep_reach FROM PUBLIC;

-- Whoever makes a child's record goes on with it for four weeks, until somebody is
-- involved; whoever deletes it sees what they did for as long.
-- +goose StatementBegin
CREATE FUNCTION keep_reach_child() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    IF viewer_account() > 0 THEN
        INSERT INTO reach (child_id, grp, from_at, to_at, source, source_id)
        SELECT id, 'account:' || viewer_account(), now(), now() + interval '28 days', 'child', id FROM changed;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION keep_reach_child FROM PUBLIC;
CREATE TRIGGER reach_created AFTER INSERT ON child REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_reach_child();
CREATE TRIGGER reach_deleted AFTER DELETE ON child REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_reach_child();

-- make_policies gives every kind's table and its history their policies, from the
-- kind's category (make_kind's) and from whether its rows are about a child, and has
-- the tables from which relations follow keep reach. It runs after the migrations,
-- each time: a new kind's migration knows nothing of relations. What stands already
-- is left as it is.
-- +goose StatementBegin
CREATE PROCEDURE make_policies()
    LANGUAGE plpgsql
    AS $$
DECLARE
    k record;
    t text;
    reads text;
    writes text;
    reached text;
    stamp text;
    spans text;
BEGIN
    FOR k IN
        SELECT c.oid, c.relname::text AS name,
            (SELECT substring(pg_get_expr(p.polqual, p.polrelid) FROM 'viewer_reads\(''([a-z0-9_]+)''') FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'viewer_read') AS category,
            CASE WHEN c.relname = 'child' THEN 'id'
                WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'child_id' AND NOT attisdropped) THEN 'child_id' END AS child,
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'from_date' AND NOT attisdropped) AS begins,
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'to_date' AND NOT attisdropped) AS ends
        FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
        WHERE g.tgname = 'keep_history' AND g.tgparentid = 0
        ORDER BY c.relname
    LOOP
        IF k.category IS NULL THEN
            RAISE EXCEPTION 'the table % has no policy viewer_read that names a category: make it by make_kind', k.name;
        END IF;
        FOREACH t IN ARRAY ARRAY[k.name, k.name || '_history'] LOOP
            reached := CASE WHEN k.child IS NULL THEN 'true' ELSE format(
                '%1$I.%2$I <> ALL ((SELECT viewer_barred())::bigint[]) AND ((SELECT viewer_reaches_all(%3$L)) OR EXISTS (SELECT FROM reach r WHERE r.child_id = %1$I.%2$I AND r.grp = ANY ((SELECT viewer_groups(%3$L))::text[]) AND r.from_at <= now() AND r.to_at > now()))',
                t, k.child, k.category) END;
            reads := format('(SELECT viewer_reads(%L)) AND ', k.category);
            writes := format('(SELECT viewer_writes(%L)) AND ', k.category);
            stamp := md5(reads || writes || reached);
            CONTINUE WHEN EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t::regclass AND p.polname = 'viewer_read' AND obj_description(p.oid, 'pg_policy') = stamp);
            -- A child that this statement has just made is reached by its maker.
            EXECUTE format('ALTER POLICY viewer_read ON %I USING (%s (%s))', t, reads,
                reached || CASE WHEN t = 'child' THEN ' OR version = 1 AND recorded_at = now() AND recorded_by = (SELECT viewer_account())' ELSE '' END);
            EXECUTE format('COMMENT ON POLICY viewer_read ON %I IS %L', t, stamp);
            IF t = k.name THEN
                EXECUTE format('ALTER POLICY viewer_insert ON %I WITH CHECK (%s (%s))', t, writes, CASE WHEN t = 'child' THEN 'true' ELSE reached END);
                EXECUTE format('ALTER POLICY viewer_update ON %I USING (%s (%s)) WITH CHECK (%s (%s))', t, writes, reached, writes, reached);
                EXECUTE format('ALTER POLICY viewer_delete ON %I USING (%s (%s))', t, writes, reached);
            END IF;
        END LOOP;
        -- Which relations follow from the kind's records.
        spans := CASE
            WHEN k.name = 'enrolment' THEN $v$('school:' || t.school_id, day_begins(t.from_date), day_begins(t.to_date)), ('service:roll', day_begins(t.from_date), day_begins(t.to_date + 365))$v$
            -- Four weeks to write up what was done.
            WHEN k.name = 'involvement' THEN $v$('worker:' || t.worker_id, day_begins(t.from_date), day_begins(t.to_date + 28)), ('team:' || t.team_id, day_begins(t.from_date), day_begins(t.to_date + 28))$v$
            WHEN k.name = 'address' THEN $v$('area:' || t.district, day_begins(t.from_date), day_begins(t.to_date))$v$
            WHEN k.child = 'child_id' AND k.category IN ('sen', 'transport', 'post16', 'adoption') THEN
                format('(''service:%s'', %s, %s)', k.category,
                    CASE WHEN k.begins THEN 'day_begins(t.from_date)' ELSE 'day_begins(''-infinity'')' END,
                    CASE WHEN k.ends THEN 'day_begins(t.to_date)' ELSE 'day_begins(NULL)' END)
            END;
        IF spans IS NOT NULL THEN
            CALL keep_reach(k.name, spans);
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd
REVOKE ALL ON PROCEDURE make_policies FROM PUBLIC;

-- +goose Down
SELECT 1/0;
