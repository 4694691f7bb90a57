-- The marks that are expected of each school on each day on which schools are open:
-- two for each pupil on its roll, guests left out. What follows are the days (see
-- attendance.go).
WITH move AS (
    SELECT school_id, day, sum(n) AS n FROM (
        SELECT school_id, from_date AS day, 1 AS n FROM main.enrolment WHERE status <> 'G'
        UNION ALL SELECT school_id, to_date, -1 FROM main.enrolment WHERE status <> 'G' AND to_date IS NOT NULL)
    GROUP BY ALL
), roll AS (
    SELECT school_id, day AS from_date, lead(day, 1, DATE '9999-12-31') OVER w AS to_date, sum(n) OVER w AS pupils
    FROM move WINDOW w AS (PARTITION BY school_id ORDER BY day)
)
SELECT r.school_id, d.day, (2 * r.pupils)::INTEGER AS marks
FROM main.school_day d JOIN roll r ON d.day >= r.from_date AND d.day < r.to_date
