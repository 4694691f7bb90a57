-- One row for each child: the days of compulsory school age, from the 31 December, 31
-- March or 31 August on or after the fifth birthday up to and with the last Friday of
-- June of the school year (September to August) in which the child becomes 16.
--   child_id   the child
--   from_date  the first day
--   to_date    the day after the last
CREATE OR REPLACE VIEW main.school_age AS
WITH fifth AS (
    SELECT c.id AS child_id, make_date(year(c.date_of_birth) + 5, month(c.date_of_birth), 1) + (day(c.date_of_birth) - 1)::INTEGER AS day,
           year(c.date_of_birth) + (month(c.date_of_birth) >= 9)::INTEGER + 16 AS leaves
    FROM facts.child c WHERE c.date_of_birth IS NOT NULL
)
SELECT f.child_id,
       CASE WHEN f.day <= make_date(year(f.day), 3, 31) THEN make_date(year(f.day), 3, 31)
            WHEN f.day <= make_date(year(f.day), 8, 31) THEN make_date(year(f.day), 8, 31)
            ELSE make_date(year(f.day), 12, 31) END AS from_date,
       make_date(f.leaves, 7, 1) - ((isodow(make_date(f.leaves, 6, 30)) + 2) % 7)::INTEGER AS to_date
FROM fifth f;
