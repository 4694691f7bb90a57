-- One row for each child and span of days in which none of these circumstances
-- changed. A child's rows follow one another without gap or overlap, from birth
-- (or the first thing recorded before it) to death, so that one row at most is
-- about a child and a day. Year group and age band are known ahead, so the last
-- row, whose to_date is NULL, may begin in years to come: ask for a day, as
-- docs/warehouse.md says, and never for the row without an end.
--   child_id        the child
--   from_date       the first day
--   to_date         the day after the last; NULL where nothing more will change
--   district        code of the district of the child's home; NULL where none is recorded
--   school_id       the school of the main registration (status C or M), of two the one begun first; NULL while on no roll
--   year_group      national curriculum year by age: 0 reception, 1 to 13; NULL before and after
--   age_band        unborn, under 1, 1 to 4, 5 to 9, 10 to 15, 16 to 17, 18 and over; NULL where no date of birth is known
--   looked_after    true while looked after, short breaks left out (see looked_after)
--   legal_status    the SSDA903's code of the legal basis, short breaks included; NULL while there is none
--   placement_type  the SSDA903's code of the placement; NULL while there is none
--   case_open       true while a social-care case is open, referrals without further action left out
--   team_id         the allocated worker's team, a case's before any other; NULL while nobody is allocated
CREATE OR REPLACE VIEW main.circumstances AS
WITH source AS (
    SELECT child_id, from_date, coalesce(to_date, DATE '9999-12-31') AS to_date, what, id, code, later
    FROM (
        SELECT c.child_id, DATE '0001-01-01' AS from_date, c.date_of_death + 1 AS to_date, 'life' AS what, NULL::BIGINT AS id, NULL::VARCHAR AS code, false AS later FROM main.child c
        UNION ALL SELECT a.child_id, a.from_date, a.to_date, 'home', NULL, a.district, false FROM main.address a WHERE a.type = 'home'
        UNION ALL SELECT e.child_id, e.from_date, e.to_date, 'school', e.school_id, NULL, false FROM main.enrolment e WHERE e.status IN ('C', 'M')
        UNION ALL SELECT l.child_id, l.from_date, l.to_date, 'looked after', NULL, NULL, false FROM main.looked_after l
        UNION ALL SELECT l.child_id, l.from_date, l.to_date, 'legal status', NULL, l.status, false FROM main.legal_status l
        UNION ALL SELECT p.child_id, p.from_date, p.to_date, 'placement', NULL, p.type, false FROM main.placement p
        UNION ALL SELECT c.child_id, c.from_date, c.to_date, 'case', NULL, NULL, false FROM main.social_care_case c WHERE NOT c.no_further_action
        UNION ALL SELECT i.child_id, i.from_date, i.to_date, 'team', i.team_id, NULL, i.case_id IS NULL FROM main.involvement i WHERE i.allocated
    )
), change AS (
    SELECT s.child_id, s.from_date AS day FROM source s WHERE s.what <> 'life'
    UNION SELECT s.child_id, s.to_date FROM source s WHERE s.to_date < DATE '9999-12-31'
    UNION SELECT c.child_id, c.date_of_birth FROM main.child c WHERE c.date_of_birth IS NOT NULL
), span AS (
    SELECT c.child_id, c.day AS from_date, lead(c.day, 1, DATE '9999-12-31') OVER (PARTITION BY c.child_id ORDER BY c.day) AS to_date
    FROM change c
), state AS (
    SELECT d.child_id, d.from_date, d.to_date,
           arg_max(s.code, s.from_date) FILTER (WHERE s.what = 'home') AS district,
           arg_min(s.id, (s.from_date, s.id)) FILTER (WHERE s.what = 'school') AS school_id,
           count_if(s.what = 'looked after') > 0 AS looked_after,
           arg_max(s.code, s.from_date) FILTER (WHERE s.what = 'legal status') AS legal_status,
           arg_max(s.code, s.from_date) FILTER (WHERE s.what = 'placement') AS placement_type,
           count_if(s.what = 'case') > 0 AS case_open,
           arg_min(s.id, (s.later, s.from_date, s.id)) FILTER (WHERE s.what = 'team') AS team_id
    FROM span d JOIN source s ON s.child_id = d.child_id AND s.from_date <= d.from_date AND s.to_date > d.from_date
    GROUP BY d.child_id, d.from_date, d.to_date
    HAVING count_if(s.what = 'life') > 0
), turn AS (
    -- The days on which age band and year group change. Born on 29 February, a
    -- child is a year older on 1 March of other years.
    SELECT c.child_id, make_date(year(c.date_of_birth) + b.age, month(c.date_of_birth), 1) + (day(c.date_of_birth) - 1)::INTEGER AS day, b.band, NULL AS year_group
    FROM main.child c, (VALUES (0, 'under 1'), (1, '1 to 4'), (5, '5 to 9'), (10, '10 to 15'), (16, '16 to 17'), (18, '18 and over')) b(age, band) WHERE c.date_of_birth IS NOT NULL
    UNION ALL SELECT c.child_id, make_date(year(c.date_of_birth) + (month(c.date_of_birth) >= 9)::INTEGER + 4 + y.number, 9, 1), NULL, y.number
    FROM main.child c, range(0, 15) y(number) WHERE c.date_of_birth IS NOT NULL
    UNION ALL SELECT c.child_id, DATE '0001-01-01', CASE WHEN c.date_of_birth IS NOT NULL THEN 'unborn' END, NULL FROM main.child c
), age AS (
    SELECT t.child_id, t.day AS from_date, lead(t.day, 1, DATE '9999-12-31') OVER w AS to_date,
           last_value(t.band IGNORE NULLS) OVER w AS age_band, last_value(t.year_group IGNORE NULLS) OVER w AS year_group
    FROM turn t WINDOW w AS (PARTITION BY t.child_id ORDER BY t.day)
)
SELECT s.child_id, greatest(s.from_date, a.from_date) AS from_date, nullif(least(s.to_date, a.to_date), DATE '9999-12-31') AS to_date,
       s.district, s.school_id, CASE WHEN a.year_group < 14 THEN a.year_group END::INTEGER AS year_group, a.age_band,
       s.looked_after, s.legal_status, s.placement_type, s.case_open, s.team_id
FROM state s JOIN age a ON a.child_id = s.child_id AND a.from_date < s.to_date AND a.to_date > s.from_date
WHERE a.from_date < a.to_date; -- two turns may fall on one day
