-- Restricted records by page and command, and break-glass: whoever may, sees one
-- child for four hours although the child is not theirs or is restricted to others.
-- Both are rows of tables; triggers give them their part of reach.

-- +goose Up
-- A transaction knows its viewer's permissions, for tables that are about access
-- itself.
DROP FUNCTION become_viewer(bigint, text, text, text[], text[]);
-- +goose StatementBegin
CREATE FUNCTION become_viewer(account bigint, reads text, writes text, may text, rules text[], services text[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    r record;
    whose jsonb := '{}';
    any_group text[] := '{}';
    barred bigint[] := '{}';
BEGIN
    PERFORM set_config('onevision.account', account::text, true), set_config('onevision.reads', reads, true), set_config('onevision.writes', writes, true),
        set_config('onevision.may', may, true);
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
-- +goose StatementBegin
CREATE FUNCTION viewer_may(permission text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(permission = ANY (string_to_array(current_setting('onevision.may', true), ',')), false) $$;
-- +goose StatementEnd

ALTER TABLE restriction
    ADD COLUMN reason text NOT NULL DEFAULT '',
    ADD COLUMN ended_by bigint;
ALTER TABLE restriction ENABLE ROW LEVEL SECURITY;
ALTER TABLE restriction_named ENABLE ROW LEVEL SECURITY;
CREATE POLICY keeper ON restriction TO onevision_app USING (viewer_may('restrict-records')) WITH CHECK (viewer_may('restrict-records'));
CREATE POLICY keeper ON restriction_named TO onevision_app USING (viewer_may('restrict-records')) WITH CHECK (viewer_may('restrict-records'));
GRANT SELECT, INSERT, UPDATE (to_at, ended_by) ON restriction TO onevision_app;
GRANT SELECT, INSERT ON restriction_named TO onevision_app;

CREATE TABLE break_glass (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES account (id),
    child_id     bigint,                     -- NULL: no child agreed with what was given. No reference: it outlives the child
    restricted   boolean NOT NULL,           -- the child was restricted to others
    reason       text NOT NULL CHECK (length(btrim(reason)) >= 20),
    from_at      timestamptz NOT NULL DEFAULT now(),
    to_at        timestamptz NOT NULL CHECK (to_at >= from_at AND to_at <= from_at + interval '4 hours'),
    reviewed_at  timestamptz,
    reviewed_by  bigint REFERENCES account (id),
    outcome      text CHECK (outcome IN ('justified', 'not-justified', 'taken-further')),
    note         text NOT NULL DEFAULT '',
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL) AND (reviewed_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX ON break_glass (account_id, to_at);
CREATE INDEX ON break_glass (id) WHERE reviewed_at IS NULL;
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
CREATE POLICY breaker_read ON break_glass FOR SELECT TO onevision_app USING (account_id = viewer_account() OR viewer_may('review-access'));
CREATE POLICY breaker_add ON break_glass FOR INSERT TO onevision_app WITH CHECK (account_id = viewer_account() AND viewer_may('break-glass') AND reviewed_at IS NULL);
CREATE POLICY breaker_end ON break_glass FOR UPDATE TO onevision_app USING (account_id = viewer_account() OR viewer_may('review-access'));
GRANT SELECT, INSERT, UPDATE (to_at, reviewed_at, reviewed_by, outcome, note) ON break_glass TO onevision_app;

-- The named few reach their child, and whoever breaks the glass does for as long as
-- it lasts.
-- +goose StatementBegin
CREATE FUNCTION keep_reach_break_glass() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    DELETE FROM reach WHERE child_id = NEW.child_id AND source = 'break_glass' AND source_id = NEW.id;
    INSERT INTO reach (child_id, grp, from_at, to_at, source, source_id)
    SELECT NEW.child_id, 'account:' || NEW.account_id, NEW.from_at, NEW.to_at, 'break_glass', NEW.id
    WHERE NEW.child_id IS NOT NULL AND NEW.to_at > NEW.from_at;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION keep_reach_break_glass FROM PUBLIC;
CREATE TRIGGER keep_reach AFTER INSERT OR UPDATE ON break_glass FOR EACH ROW EXECUTE FUNCTION keep_reach_break_glass();
-- +goose StatementBegin
CREATE FUNCTION keep_reach_restriction() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    of bigint := CASE TG_TABLE_NAME WHEN 'restriction' THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'restriction_id')::bigint END;
BEGIN
    DELETE FROM reach USING restriction r WHERE r.id = of AND reach.child_id = r.child_id AND reach.source = 'restriction' AND reach.source_id = of;
    INSERT INTO reach (child_id, grp, from_at, to_at, source, source_id)
    SELECT r.child_id, 'account:' || n.account_id, r.from_at, coalesce(r.to_at, 'infinity'), 'restriction', r.id
    FROM restriction r JOIN restriction_named n ON n.restriction_id = r.id WHERE r.id = of AND coalesce(r.to_at, 'infinity') > r.from_at;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION keep_reach_restriction FROM PUBLIC;
CREATE TRIGGER keep_reach AFTER UPDATE ON restriction FOR EACH ROW EXECUTE FUNCTION keep_reach_restriction();
CREATE TRIGGER keep_reach AFTER INSERT ON restriction_named FOR EACH ROW EXECUTE FUNCTION keep_reach_restriction();

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION barred_to(account bigint) RETURNS bigint[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT coalesce(array_agg(DISTINCT r.child_id), '{}') FROM restriction r
    WHERE r.from_at <= now() AND coalesce(r.to_at, 'infinity') > now()
      AND NOT EXISTS (SELECT FROM restriction_named n WHERE n.restriction_id = r.id AND n.account_id = account)
      AND NOT EXISTS (SELECT FROM break_glass b WHERE b.account_id = account AND b.child_id = r.child_id AND b.from_at <= now() AND b.to_at > now())
$$;
-- +goose StatementEnd

-- find_child gives the children whom a number names, or a full name and a day of
-- birth, and which exist for nobody else's search: for whoever restricts a child,
-- breaks the glass, or answers who looked at one. It guesses nothing: what is given
-- agrees whole. At most two, since one of two is none.
-- +goose StatementBegin
CREATE FUNCTION find_child(sought text, born date) RETURNS TABLE (id bigint, public_id text, name text, date_of_birth date, restricted boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH given AS (
        SELECT upper(replace(sought, ' ', '')) AS number, CASE WHEN sought ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN sought::uuid END AS public_id
        WHERE viewer_may('restrict-records') OR viewer_may('review-access') OR viewer_may('break-glass')
    ), agreeing AS (
        SELECT c.id FROM given g JOIN child c ON c.public_id = g.public_id
        UNION SELECT c.id FROM given g JOIN child c ON c.upn = g.number
        UNION SELECT c.id FROM given g JOIN child c ON c.nhs_number = g.number
        UNION SELECT i.child_id FROM given g JOIN child_identifier i ON ltrim(i.value, '0') = ltrim(g.number, '0') AND ltrim(g.number, '0') <> ''
        UNION SELECT c.id FROM given g JOIN child c ON c.date_of_birth = born JOIN child_name n ON n.child_id = c.id
            AND fold_name(n.forename || ' ' || n.surname) = fold_name(sought)
    )
    SELECT c.id, c.public_id::text, coalesce((SELECT concat_ws(' ', n.forename, n.surname) FROM child_name n WHERE n.child_id = c.id ORDER BY n.to_date IS NOT NULL, n.type <> 'legal', n.id LIMIT 1), ''),
        coalesce(c.date_of_birth, c.expected_date), EXISTS (SELECT FROM restriction r WHERE r.child_id = c.id AND r.from_at <= now() AND coalesce(r.to_at, 'infinity') > now())
    FROM agreeing a JOIN child c ON c.id = a.id ORDER BY c.id LIMIT 2
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION find_child FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_child TO onevision_app;

-- child_address gives the id that a child has in addresses, to the same people.
-- +goose StatementBegin
CREATE FUNCTION child_address(key bigint) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT public_id::text FROM child WHERE id = key AND (viewer_may('restrict-records') OR viewer_may('review-access') OR viewer_may('break-glass')) $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION child_address FROM PUBLIC;
GRANT EXECUTE ON FUNCTION child_address TO onevision_app;

-- +goose Down
SELECT 1/0;
