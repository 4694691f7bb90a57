-- One row for each pupil on a school's roll as a sole or main registration (status C
-- or M) on the day of the school census of January, the third Thursday of the
-- month: the pupils that rates of suspensions and exclusions are of. The years
-- end with those of which half terms are recorded.
--   child_id       the child
--   school_id      the school
--   day            the census day
--   academic_year  the year in which the academic year began: 2025 is 2025/26
--   until          the day before the next January's census: a period that ends from day to until is of this roll
CREATE OR REPLACE VIEW main.january_roll AS
WITH census AS (
    SELECT make_date(y.year, 1, 15) + (11 - isodow(make_date(y.year, 1, 15)))::INTEGER % 7 AS day, y.year - 1 AS academic_year
    FROM (SELECT unnest(generate_series(2000, 2050))::INTEGER AS year) y
    WHERE y.year <= coalesce((SELECT max(h.academic_year) + 1 FROM facts.half_term h), 9999)
), span AS (
    SELECT c.day::DATE AS day, c.academic_year, (lead(c.day) OVER (ORDER BY c.day) - 1)::DATE AS until FROM census c
)
SELECT e.child_id, e.school_id, c.day, c.academic_year, c.until
FROM span c JOIN facts.enrolment e ON e.from_date <= c.day AND coalesce(e.to_date, DATE '9999-12-31') > c.day
WHERE e.status::VARCHAR IN ('C', 'M');
