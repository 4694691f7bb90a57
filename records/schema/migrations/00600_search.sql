-- Search: the words of every name that stands, folded, and which children have
-- them. A trigger keeps them, however a name is written. The search takes its
-- candidates here, where no policy keeps an index from being used, and its
-- caller then reads the children under the viewer's policies.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- fold_name is one part of a name as it is compared: without case, accents,
-- apostrophes and full stops, its words apart by one space.
-- +goose StatementBegin
CREATE FUNCTION fold_name(part text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE STRICT
    AS $$ SELECT trim(regexp_replace(regexp_replace(lower(unaccent(part)), '[‘’''`´.]', '', 'g'), '[^a-z0-9]+', ' ', 'g')) $$;
-- +goose StatementEnd

-- name_words are its words, and of more than one also all of them as one:
-- "Anne-Marie" is anne, marie and annemarie.
-- +goose StatementBegin
CREATE FUNCTION name_words(part text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE STRICT
    AS $$
    SELECT CASE WHEN part ~ '^[A-Za-z]+$' THEN ARRAY[lower(part)] ELSE ( -- nearly every name, ten times as fast
    SELECT array_remove(array_agg(DISTINCT w), '')
    FROM fold_name(part) f (folded), LATERAL (SELECT unnest(string_to_array(folded, ' ')) AS w UNION SELECT replace(folded, ' ', '')) words) END
$$;
-- +goose StatementEnd

-- Each word that any name has had, once or (when two transactions met) twice:
-- it is added without a lock, and stays when its last name goes.
CREATE TABLE name_word (
    word   text NOT NULL,
    sound  text NOT NULL,                    -- double metaphone, and its second reading
    sound2 text NOT NULL
);
CREATE INDEX ON name_word (word text_pattern_ops);
CREATE INDEX ON name_word (sound);
CREATE INDEX ON name_word (sound2);
CREATE INDEX ON name_word USING gin (word gin_trgm_ops);

CREATE TABLE child_name_word (
    name_id   bigint NOT NULL REFERENCES child_name (id) ON DELETE CASCADE,
    child_id  bigint NOT NULL,
    word      text NOT NULL
);
CREATE INDEX ON child_name_word (word, child_id);
CREATE INDEX ON child_name_word (name_id);
CREATE INDEX ON child_name_word (child_id);

-- +goose StatementBegin
CREATE FUNCTION keep_name_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM child_name_word w USING written n WHERE w.name_id = n.id;
    END IF;
    INSERT INTO child_name_word (name_id, child_id, word)
        SELECT DISTINCT n.id, n.child_id, w
        FROM written n, LATERAL unnest(name_words(n.forename) || name_words(coalesce(n.middle_names, '')) || name_words(n.surname)) w;
    INSERT INTO name_word (word, sound, sound2)
        SELECT w, dmetaphone(w), dmetaphone_alt(w) FROM (
            SELECT DISTINCT word FROM child_name_word WHERE name_id IN (SELECT id FROM written)) d (w)
        WHERE NOT EXISTS (SELECT FROM name_word k WHERE k.word = d.w);
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION keep_name_words FROM PUBLIC;
CREATE TRIGGER name_words_insert AFTER INSERT ON child_name REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION keep_name_words();
CREATE TRIGGER name_words_update AFTER UPDATE ON child_name REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION keep_name_words();

INSERT INTO child_name_word (name_id, child_id, word)
    SELECT DISTINCT n.id, n.child_id, w
    FROM child_name n, LATERAL unnest(name_words(n.forename) || name_words(coalesce(n.middle_names, '')) || name_words(n.surname)) w;
INSERT INTO name_word SELECT w, dmetaphone(w), dmetaphone_alt(w) FROM (SELECT DISTINCT word FROM child_name_word) d (w);

CREATE INDEX ON child (date_of_birth);
-- A CHILD number that lost its leading zeros finds its child.
CREATE INDEX ON child_identifier (ltrim(value, '0'));

-- search_names gives the children that have a name with each of the words, and
-- how well it agrees (1 is letter by letter): the word itself, one that begins
-- with it, one that sounds alike, one with a slip of the pen. born limits them to
-- a range of days of birth ([from, to), NULL for none). The most likely first, at
-- most so many. It runs past row-level security, so it gives keys and nothing of
-- a record, and to nobody who may not read who children are.
-- +goose StatementBegin
CREATE FUNCTION search_names(words text[], born_from date, born_to date, most integer)
    RETURNS TABLE (child_id bigint, score real)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET pg_trgm.similarity_threshold = '0.45'
    AS $$
    WITH asked AS (
        SELECT DISTINCT w FROM unnest(words) u, LATERAL unnest(string_to_array(fold_name(u), ' ')) w WHERE viewer_reads('identity') AND length(w) > 1
    ), alike AS MATERIALIZED (
        SELECT a.w, k.word, max(CASE
            WHEN k.word = a.w THEN 1.0
            WHEN length(a.w) > 2 AND k.word LIKE a.w || '%' THEN 0.9
            WHEN length(a.w) > 2 AND (k.sound = dmetaphone(a.w) OR k.sound2 = dmetaphone(a.w)) THEN 0.7 + 0.2 * similarity(k.word, a.w)
            ELSE 0.85 * similarity(k.word, a.w) END)::real AS score
        FROM asked a, LATERAL (
            SELECT * FROM name_word WHERE word = a.w
            UNION ALL SELECT * FROM name_word WHERE length(a.w) > 2 AND word ~>=~ a.w AND word ~<~ (a.w || '{')
            UNION ALL SELECT * FROM name_word WHERE length(a.w) > 2 AND length(dmetaphone(a.w)) > 1 AND sound = dmetaphone(a.w)
            UNION ALL SELECT * FROM name_word WHERE length(a.w) > 2 AND length(dmetaphone(a.w)) > 1 AND sound2 = dmetaphone(a.w)
            UNION ALL SELECT * FROM name_word WHERE length(a.w) > 3 AND word % a.w) k
        GROUP BY a.w, k.word
    ), found AS (
        SELECT n.child_id, l.w, max(l.score) AS score FROM alike l JOIN child_name_word n ON n.word = l.word
        GROUP BY n.child_id, l.w
    ), whole AS (
        SELECT f.child_id, avg(f.score)::real AS score FROM found f GROUP BY f.child_id
        HAVING count(*) = (SELECT count(*) FROM asked)
    )
    SELECT w.child_id, w.score FROM whole w JOIN child c ON c.id = w.child_id
    WHERE (born_from IS NULL OR coalesce(c.date_of_birth, c.expected_date) >= born_from)
      AND (born_to IS NULL OR coalesce(c.date_of_birth, c.expected_date) < born_to)
    ORDER BY w.score DESC, w.child_id LIMIT most
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION search_names FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_names TO onevision_app;

-- +goose Down
SELECT 1/0;
