-- Absence of each academic year by ethnicity, sex and district of the school.
SELECT a.academic_year, c.ethnicity, c.sex, s.district, sum(a.authorised + a.unauthorised) AS missed, sum(a.possible) AS possible
FROM attendance a JOIN child c ON c.child_id = a.child_id JOIN school s ON s.school_id = a.school_id GROUP BY 1, 2, 3, 4
