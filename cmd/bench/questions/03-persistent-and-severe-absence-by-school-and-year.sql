-- Persistent and severe absentees of each school and academic year.
WITH pupil AS (
    SELECT child_id, school_id, academic_year, sum(authorised + unauthorised) AS missed, sum(possible) AS possible
    FROM attendance GROUP BY 1, 2, 3
)
SELECT school_id, academic_year, count(*) AS enrolments,
       sum(CASE WHEN 10 * missed >= possible THEN 1 ELSE 0 END) AS persistent, sum(CASE WHEN 2 * missed >= possible THEN 1 ELSE 0 END) AS severe
FROM pupil WHERE possible > 0 GROUP BY 1, 2
