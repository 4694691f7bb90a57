-- A child may have one name only, a forename or a surname.

-- +goose Up
ALTER TABLE child_name
    ALTER COLUMN forename DROP NOT NULL,
    ALTER COLUMN surname DROP NOT NULL,
    ADD CONSTRAINT child_name_has_a_name CHECK (forename IS NOT NULL OR surname IS NOT NULL);
ALTER TABLE child_name_history
    ALTER COLUMN forename DROP NOT NULL,
    ALTER COLUMN surname DROP NOT NULL;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_name_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM child_name_word w USING written n WHERE w.name_id = n.id;
    END IF;
    INSERT INTO child_name_word (name_id, child_id, word)
        SELECT DISTINCT n.id, n.child_id, w
        FROM written n, LATERAL unnest(name_words(coalesce(n.forename, '')) || name_words(coalesce(n.middle_names, '')) || name_words(coalesce(n.surname, ''))) w;
    INSERT INTO name_word (word, sound, sound2)
        SELECT w, dmetaphone(w), dmetaphone_alt(w) FROM (
            SELECT DISTINCT word FROM child_name_word WHERE name_id IN (SELECT id FROM written)) d (w)
        WHERE NOT EXISTS (SELECT FROM name_word k WHERE k.word = d.w);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 1/0;
