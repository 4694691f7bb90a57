-- What was marked, by phase, month and code.
SELECT c.phase, date_trunc('month', s.date)::date AS month, s.code, count(*) AS sessions
FROM session s JOIN school c ON c.school_id = s.school_id GROUP BY 1, 2, 3
