-- One row for each day from 1 January 2000 to 31 December 2049. Bank holidays and
-- half terms are data: of a year for which none are recorded it is not known
-- which days were working days or school days, and NULL says so.
--   day                  the day
--   weekday              1 Monday to 7 Sunday
--   bank_holiday         its name; NULL on any other day
--   working_day          true from Monday to Friday but on bank holidays; NULL in a calendar year without any recorded
--   working_days         working days up to and with this day since the first year that is known: the difference between two days is the working days after the one, up to the other
--   school_day           true on days on which the authority's schools are open (see school_day); NULL in an academic year without half terms recorded
--   school_days          school days up to and with this day, counted as working_days are
--   week                 the Monday of its week
--   month                the first day of its month
--   half_term            1 to 6; NULL in holidays
--   term                 autumn, spring, summer, the half-term holiday included; NULL in the holidays between them
--   academic_year        the year in which the academic year began: 2025 is 1 September 2025 to 31 August 2026
--   financial_year       the year in which the financial year began: 2025 is 1 April 2025 to 31 March 2026
--   year                 the calendar year
CREATE OR REPLACE VIEW main.calendar AS
WITH each AS (
    SELECT d.day, year(d.day)::INTEGER AS year, (year(d.day) - (month(d.day) < 9)::INTEGER)::INTEGER AS academic_year
    FROM (SELECT unnest(generate_series(DATE '2000-01-01', DATE '2049-12-31', INTERVAL 1 DAY))::DATE AS day) d
), half AS (
    SELECT h.academic_year, h.number, d.day
    FROM facts.half_term h JOIN each d ON d.day BETWEEN h.first_day AND h.last_day
), term AS (
    SELECT h.academic_year, (h.number + 1) // 2 AS number, min(h.first_day) AS first_day, max(h.last_day) AS last_day
    FROM facts.half_term h GROUP BY ALL
), known AS (
    SELECT d.day, d.year, d.academic_year, b.name AS bank_holiday, h.number AS half_term, t.number AS term,
           CASE WHEN d.year IN (SELECT year(k.day) FROM facts.bank_holiday k) THEN isodow(d.day) <= 5 AND b.day IS NULL END AS working_day,
           CASE WHEN d.academic_year IN (SELECT k.academic_year FROM facts.half_term k) THEN s.day IS NOT NULL END AS school_day
    FROM each d
    LEFT JOIN facts.bank_holiday b ON b.day = d.day
    LEFT JOIN half h ON h.day = d.day
    LEFT JOIN term t ON d.day BETWEEN t.first_day AND t.last_day
    LEFT JOIN main.school_day s ON s.day = d.day
)
SELECT day, isodow(day)::INTEGER AS weekday, bank_holiday,
       working_day, CASE WHEN working_day IS NOT NULL THEN count_if(working_day) OVER (ORDER BY day)::INTEGER END AS working_days,
       school_day, CASE WHEN school_day IS NOT NULL THEN count_if(school_day) OVER (ORDER BY day)::INTEGER END AS school_days,
       date_trunc('week', day)::DATE AS week, date_trunc('month', day)::DATE AS month,
       half_term::INTEGER AS half_term, CASE term WHEN 1 THEN 'autumn' WHEN 2 THEN 'spring' WHEN 3 THEN 'summer' END AS term,
       academic_year, (year - (month(day) < 4)::INTEGER)::INTEGER AS financial_year, year
FROM known;
