-- One row for each unbroken time that a child was looked after, short breaks
-- (legal status V3 and V4) left out, as every national figure leaves them out.
-- Legal statuses that follow one another without a gap are one row; a period
-- for which no legal status is recorded counts as it stands.
--   child_id   the child
--   from_date  the first day looked after
--   to_date    the day after the last; NULL while looked after
CREATE OR REPLACE VIEW main.looked_after AS
WITH stay AS (
    SELECT l.child_id, l.from_date, coalesce(l.to_date, DATE '9999-12-31') AS to_date
    FROM facts.legal_status l WHERE l.status::VARCHAR NOT IN ('V3', 'V4')
    UNION ALL
    SELECT p.child_id, p.from_date, coalesce(p.to_date, DATE '9999-12-31')
    FROM facts.looked_after_period p
    WHERE p.id NOT IN (SELECT l.period_id FROM facts.legal_status l WHERE l.period_id IS NOT NULL)
), mark AS (
    SELECT child_id, from_date, to_date,
           from_date > max(to_date) OVER (PARTITION BY child_id ORDER BY from_date, to_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS apart
    FROM stay
), island AS (
    SELECT child_id, from_date, to_date,
           sum(coalesce(apart, true)::INTEGER) OVER (PARTITION BY child_id ORDER BY from_date, to_date ROWS UNBOUNDED PRECEDING) AS n
    FROM mark
)
SELECT child_id, min(from_date) AS from_date, nullif(max(to_date), DATE '9999-12-31') AS to_date
FROM island GROUP BY child_id, n;
