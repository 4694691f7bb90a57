-- Open cases at sixty month ends.
WITH month_end AS (
    SELECT (m + INTERVAL '1 month' - INTERVAL '1 day')::date AS day
    FROM generate_series(TIMESTAMP '2021-09-01', TIMESTAMP '2026-08-01', INTERVAL '1 month') AS t(m)
)
SELECT e.day, count(*) AS cases
FROM month_end e JOIN social_care_case c ON c.from_date <= e.day AND coalesce(c.to_date, DATE '9999-12-31') > e.day
WHERE NOT c.no_further_action GROUP BY 1
