-- Absence of each month and school.
SELECT date_trunc('month', date)::date AS month, school_id, sum(authorised + unauthorised) AS missed, sum(possible) AS possible
FROM attendance GROUP BY 1, 2
