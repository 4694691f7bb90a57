-- What an import must know of other batches to judge whose word stands, whoever
-- may see those: source, last day covered, whether it is undone. No name, no
-- counts, no file.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION batch_said(ids bigint[]) RETURNS TABLE (id bigint, source text, covers_to date, undone boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT b.id, b.source, b.covers_to, b.undone_at IS NOT NULL FROM batch b WHERE b.id = ANY (ids) $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION batch_said FROM PUBLIC;
GRANT EXECUTE ON FUNCTION batch_said TO onevision_app;

-- +goose Down
SELECT 1/0;
