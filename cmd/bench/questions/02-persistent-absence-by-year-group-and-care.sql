-- Persistent absentees of the academic year 2025/26 by year group, looked after
-- on 31 March or not.
WITH pupil AS (
    SELECT child_id, age_at_year_start, sum(authorised + unauthorised) AS missed, sum(possible) AS possible
    FROM attendance WHERE date BETWEEN DATE '2025-09-01' AND DATE '2026-08-31' AND age_at_year_start BETWEEN 5 AND 15
    GROUP BY 1, 2
), care AS (
    SELECT DISTINCT child_id FROM looked_after WHERE from_date <= DATE '2026-03-31' AND (to_date IS NULL OR to_date > DATE '2026-03-31')
)
SELECT p.age_at_year_start - 4 AS year_group, CASE WHEN c.child_id IS NULL THEN 0 ELSE 1 END AS looked_after,
       count(*) AS pupils, sum(CASE WHEN 10 * p.missed >= p.possible THEN 1 ELSE 0 END) AS persistent
FROM pupil p LEFT JOIN care c ON c.child_id = p.child_id
WHERE p.possible > 0 GROUP BY 1, 2
