-- Unauthorised absence by weekday, phase and academic year.
SELECT a.academic_year, s.phase, extract(isodow FROM a.date)::int AS weekday, sum(a.unauthorised) AS unauthorised, sum(a.possible) AS possible
FROM attendance a JOIN school s ON s.school_id = a.school_id GROUP BY 1, 2, 3
