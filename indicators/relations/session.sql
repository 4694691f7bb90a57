-- One row for each mark: a child, a school, a day and a half of it.
--   child_id      the child
--   school_id     the school that took the register
--   date          the day
--   session       AM or PM
--   code          the attendance code
--   counts_as     its statistical meaning: present, approved-activity, authorised, unauthorised, not-possible, not-collected
--   minutes_late  NULL where not given
CREATE OR REPLACE VIEW main.session AS
SELECT m.child_id, m.school_id, m.date, m.session, m.code::VARCHAR AS code, list_extract(k.counts_as, enum_code(m.code) + 1) AS counts_as, m.minutes_late
FROM (
    SELECT a.child_id, a.school_id, a.date, 'AM' AS session, a.am AS code, a.am_minutes AS minutes_late FROM facts.attendance a WHERE a.am IS NOT NULL
    UNION ALL
    SELECT a.child_id, a.school_id, a.date, 'PM', a.pm, a.pm_minutes FROM facts.attendance a WHERE a.pm IS NOT NULL
) m
CROSS JOIN ( -- what a mark means, by its place in the type, as in attendance
    SELECT list(k.counts_as ORDER BY t.place) AS counts_as
    FROM (
        SELECT unnest(codes) AS code, generate_subscripts(codes, 1) AS place
        FROM (SELECT enum_range((SELECT e.am FROM facts.attendance e LIMIT 1)) AS codes)
    ) t LEFT JOIN main.mark_meaning k ON k.code = t.code
) k;
