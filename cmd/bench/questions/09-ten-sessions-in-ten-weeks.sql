-- Children of each school and academic year who at some time missed ten sessions
-- without permission within ten weeks.
WITH week AS (
    SELECT child_id, school_id, academic_year, date_trunc('week', date)::date AS monday, sum(unauthorised) AS missed
    FROM attendance WHERE unauthorised > 0 GROUP BY 1, 2, 3, 4
), rolling AS (
    SELECT child_id, school_id, academic_year,
           sum(missed) OVER (PARTITION BY child_id, school_id, academic_year ORDER BY monday RANGE BETWEEN INTERVAL '63 days' PRECEDING AND CURRENT ROW) AS missed
    FROM week
)
SELECT school_id, academic_year, count(DISTINCT child_id) AS children
FROM rolling WHERE missed >= 10 GROUP BY 1, 2
