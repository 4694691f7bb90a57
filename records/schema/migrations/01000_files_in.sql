-- Files that fill an empty store: the phases that the register of schools has
-- beside those that were there, and districts, which come with the schools.

-- +goose Up
INSERT INTO school_phase (code, label, position) VALUES ('nursery', 'Nursery', 6), ('sixteen-plus', '16 plus', 7) ON CONFLICT (code) DO NOTHING;

-- add_district makes a district known, and reports whether it was not. Code
-- tables belong to the owner; this is the only way in for the program, for those
-- who may write schools.
-- +goose StatementBegin
CREATE FUNCTION add_district(new_code text, new_label text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    IF NOT viewer_writes('organisation') OR new_code !~ '^[A-Z][0-9]{8}$' OR new_label = '' OR length(new_label) > 200 THEN
        RETURN false;
    END IF;
    INSERT INTO district (code, label, position) SELECT new_code, new_label, coalesce(max(position), 0) + 1 FROM district ON CONFLICT (code) DO NOTHING;
    RETURN FOUND;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION add_district FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_district TO onevision_app;

-- +goose Down
SELECT 1/0;
