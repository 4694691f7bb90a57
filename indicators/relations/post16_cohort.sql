-- One row for each time that a young person of academic age 16 or 17 lives here: for two
-- years from the 1 September after the 31 August by which they are 16. Who has no home
-- address on record lives here; who has one does on the days for which it stands.
--   child_id   the young person
--   from_date  the first day
--   to_date    the day after the last
CREATE OR REPLACE VIEW main.post16_cohort AS
WITH age AS (
    SELECT c.id AS child_id, make_date(year(c.date_of_birth) + (month(c.date_of_birth) >= 9)::INTEGER + 16, 9, 1) AS from_date,
           least(make_date(year(c.date_of_birth) + (month(c.date_of_birth) >= 9)::INTEGER + 18, 9, 1), coalesce(c.date_of_death + 1, DATE '9999-12-31')) AS to_date
    FROM facts.child c WHERE c.date_of_birth IS NOT NULL
), home AS (
    SELECT h.child_id, h.from_date, coalesce(h.to_date, DATE '9999-12-31') AS to_date FROM facts.address h WHERE h.type::VARCHAR = 'home'
)
SELECT a.child_id, greatest(a.from_date, h.from_date) AS from_date, least(a.to_date, h.to_date) AS to_date
FROM age a JOIN home h ON h.child_id = a.child_id AND h.from_date < a.to_date AND h.to_date > a.from_date
WHERE a.from_date < a.to_date
UNION ALL
SELECT a.child_id, a.from_date, a.to_date FROM age a ANTI JOIN home h ON h.child_id = a.child_id
WHERE a.from_date < a.to_date;
