-- Of the children looked after at sixty month ends, those who had three or more
-- placements in the twelve months before.
WITH month_end AS (
    SELECT (m + INTERVAL '1 month' - INTERVAL '1 day')::date AS day
    FROM generate_series(TIMESTAMP '2021-09-01', TIMESTAMP '2026-08-01', INTERVAL '1 month') AS t(m)
), looked AS (
    SELECT DISTINCT e.day, l.child_id
    FROM month_end e JOIN looked_after l ON l.from_date <= e.day AND coalesce(l.to_date, DATE '9999-12-31') > e.day
), moved AS (
    SELECT l.day, l.child_id, count(p.child_id) AS placements
    FROM looked l LEFT JOIN placement p ON p.child_id = l.child_id AND p.from_date <= l.day AND coalesce(p.to_date, DATE '9999-12-31') > l.day - 365
    GROUP BY 1, 2
)
SELECT day, count(*) AS children, sum(CASE WHEN placements >= 3 THEN 1 ELSE 0 END) AS moved
FROM moved GROUP BY 1
