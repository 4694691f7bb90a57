-- What an extract no longer held stays known by its number, with the import that
-- withdrew it: an older extract that arrives late does not bring it back.

-- +goose Up
ALTER TABLE extract_number ADD COLUMN withdrawn_by bigint;

-- The values of a row as numbers of children and schools are compared, those of a row
-- of an extract's table (which is JSON within the row) among them.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION waiting_keys(r jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT coalesce(array_agg(upper(regexp_replace(value, '[^A-Za-z0-9]', '', 'g'))), '{}') FROM (
        SELECT value FROM jsonb_each_text(r)
        UNION ALL SELECT m[1] FROM jsonb_each_text(r) o, LATERAL regexp_matches(o.value, ': *"([^"]{1,40})"', 'g') m WHERE o.value LIKE '{%') v WHERE value <> '' $$;
-- +goose StatementEnd
REINDEX INDEX intake_unmatched_keys;

-- +goose Down
SELECT 1/0;
