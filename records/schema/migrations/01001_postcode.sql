-- The district of each postcode, from the directory of the Office for National
-- Statistics. postcode_sector stays for postcodes that are not in it.

-- +goose Up
CREATE TABLE postcode (
    postcode  text PRIMARY KEY CHECK (postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$'),
    district  text NOT NULL REFERENCES district (code)
);
GRANT SELECT ON postcode TO onevision_app;

-- put_postcodes keeps districts of postcodes, and gives of each whether it was
-- added, changed or there. For those who may write schools.
-- +goose StatementBegin
CREATE FUNCTION put_postcodes(codes text[], districts text[]) RETURNS TABLE (postcode text, became text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    IF NOT viewer_writes('organisation') THEN
        RAISE EXCEPTION 'only those who may write schools keep postcodes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
        WITH given AS (SELECT u.c, u.d, p.district AS stood FROM unnest(codes, districts) u (c, d) LEFT JOIN postcode p ON p.postcode = u.c),
        written AS (INSERT INTO postcode AS p (postcode, district) SELECT c, d FROM given WHERE stood IS DISTINCT FROM d
            ON CONFLICT (postcode) DO UPDATE SET district = EXCLUDED.district RETURNING p.postcode)
        SELECT c, CASE WHEN stood IS NULL THEN 'added' WHEN stood <> d THEN 'changed' ELSE 'unchanged' END FROM given;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION put_postcodes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION put_postcodes TO onevision_app;

-- +goose Down
SELECT 1/0;
