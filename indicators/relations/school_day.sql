-- One row for each day on which the authority's schools are open: Monday to
-- Friday within a half term, bank holidays left out. A school's own training
-- days are not known here; schools mark them with code #.
--   day            the day
--   academic_year  the year in which the academic year began: 2025 is 2025/26
--   half_term      1 to 6
CREATE OR REPLACE VIEW main.school_day AS
SELECT d.day, d.academic_year, d.half_term
FROM (
    SELECT unnest(generate_series(h.first_day, h.last_day, INTERVAL 1 DAY))::DATE AS day, h.academic_year, h.number AS half_term
    FROM facts.half_term h
) d
WHERE isodow(d.day) <= 5 AND d.day NOT IN (SELECT b.day FROM facts.bank_holiday b);
