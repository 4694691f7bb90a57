-- One row for each unbroken time that a child was looked after, short breaks
-- (legal status V3 and V4) left out, as every national figure leaves them out; it
-- ends with the 18th birthday at the latest. Legal statuses that follow one another
-- without a gap are one row; a period for which no legal status is recorded counts
-- as it stands.
--   child_id    the child
--   from_date   the first day looked after
--   to_date     the day after the last; NULL while looked after
--   started     false where the child had been looked after before the first day, and only the days from then are on record
--   end_reason  the SSDA903's code of why the period ended: E11; NULL while looked after, and where it is the age or a short break that ends it
CREATE OR REPLACE VIEW main.looked_after AS
WITH stay AS (
    SELECT l.child_id, l.from_date, coalesce(l.to_date, DATE '9999-12-31') AS to_date,
           p.begins_with::VARCHAR <> 'S' AND l.from_date = p.from_date AS running, CASE WHEN l.to_date = p.to_date THEN p.end_reason::VARCHAR END AS end_reason
    FROM facts.legal_status l LEFT JOIN facts.looked_after_period p ON p.id = l.period_id
    WHERE l.status::VARCHAR NOT IN ('V3', 'V4')
    UNION ALL
    SELECT p.child_id, p.from_date, coalesce(p.to_date, DATE '9999-12-31'), p.begins_with::VARCHAR <> 'S', p.end_reason::VARCHAR
    FROM facts.looked_after_period p
    WHERE p.id NOT IN (SELECT l.period_id FROM facts.legal_status l WHERE l.period_id IS NOT NULL)
), mark AS (
    SELECT *, from_date > max(to_date) OVER (PARTITION BY child_id ORDER BY from_date, to_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS apart
    FROM stay
), island AS (
    SELECT *, sum(coalesce(apart, true)::INTEGER) OVER (PARTITION BY child_id ORDER BY from_date, to_date ROWS UNBOUNDED PRECEDING) AS n
    FROM mark
), care AS (
    SELECT child_id, min(from_date) AS from_date, max(to_date) AS to_date, NOT coalesce(arg_min(running, from_date), false) AS started,
           max(end_reason) FILTER (WHERE last) AS end_reason
    FROM (SELECT *, to_date = max(to_date) OVER (PARTITION BY child_id, n) AS last FROM island) GROUP BY child_id, n
), aged AS (
    SELECT care.*, coalesce(make_date(year(c.date_of_birth) + 18, month(c.date_of_birth), 1) + (day(c.date_of_birth) - 1)::INTEGER, DATE '9999-12-31') AS adult
    FROM care LEFT JOIN facts.child c ON c.id = care.child_id
)
SELECT child_id, from_date, nullif(least(to_date, adult), DATE '9999-12-31') AS to_date, started, CASE WHEN to_date <= adult THEN end_reason END AS end_reason
FROM aged WHERE from_date < adult;
