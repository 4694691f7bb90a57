-- One row for each child, school and day with marks, what they count as packed
-- into one number of five places of 12 bits (marks, possible, present, authorised,
-- unauthorised), so that one addition adds all five; a place holds two years of
-- sessions. A mark is an ENUM, so what it means is read from a list by the mark's
-- place in its type, which is many times faster than joining by its text.
CREATE OR REPLACE VIEW kept.day_counted AS
SELECT a.child_id, a.school_id, a.date, coalesce(list_extract(k.counted, enum_code(a.am) + 1), 0) + coalesce(list_extract(k.counted, enum_code(a.pm) + 1), 0) AS counted
FROM facts.attendance a CROSS JOIN (
    SELECT list(1 + 4096 * (coalesce(k.possible, 0)::BIGINT + 4096 * (coalesce(k.present, 0)::BIGINT + 4096 * (coalesce(k.authorised, 0)::BIGINT + 4096 * coalesce(k.unauthorised, 0)::BIGINT))) ORDER BY t.place) AS counted
    FROM (
        SELECT unnest(codes) AS code, generate_subscripts(codes, 1) AS place
        FROM (SELECT enum_range((SELECT e.am FROM facts.attendance e LIMIT 1)) AS codes)
    ) t LEFT JOIN main.mark_meaning k ON k.code = t.code
) k;
