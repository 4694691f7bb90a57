-- The circumstances of the children of changed_child, as kept.circumstances holds
-- them: relations/circumstances.sql says what each column is. It is a function of
-- those children alone, so that what a thousand changed children need costs as
-- much as a thousand children do.
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
        UNION ALL SELECT p.child_id, p.from_date, p.to_date, 'protection', NULL, NULL, false FROM main.child_protection_plan p
        UNION ALL SELECT n.child_id, n.from_date, n.to_date, 'sen', NULL, n.provision, false FROM main.sen_status n
        UNION ALL SELECT n.child_id, n.from_date, n.to_date, 'sen need', NULL, n.need, false FROM main.sen_need n WHERE n.rank = 1
        UNION ALL SELECT e.child_id, e.from_date, e.to_date, 'meals', NULL, NULL, false FROM main.entitlement e WHERE e.type IN ('fsm', 'fsm-transitional')
        UNION ALL SELECT i.child_id, i.from_date, i.to_date, 'team', i.team_id, NULL, i.case_id IS NULL FROM main.involvement i WHERE i.allocated
    ) each SEMI JOIN changed_child USING (child_id)
), change AS (
    SELECT s.child_id, s.from_date AS day FROM source s WHERE s.what <> 'life'
    UNION SELECT s.child_id, s.to_date FROM source s WHERE s.to_date < DATE '9999-12-31'
    UNION SELECT c.child_id, c.date_of_birth FROM main.child c SEMI JOIN changed_child USING (child_id) WHERE c.date_of_birth IS NOT NULL
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
           count_if(s.what = 'protection') > 0 AS protected,
           coalesce(arg_max(s.code, s.from_date) FILTER (WHERE s.what = 'sen'), 'N') AS sen,
           arg_max(s.code, s.from_date) FILTER (WHERE s.what = 'sen need') AS sen_need,
           CASE WHEN count_if(s.what = 'meals') > 0 THEN 'yes' ELSE 'no' END AS free_school_meals,
           arg_min(s.id, (s.later, s.from_date, s.id)) FILTER (WHERE s.what = 'team') AS team_id
    FROM span d JOIN source s ON s.child_id = d.child_id AND s.from_date <= d.from_date AND s.to_date > d.from_date
    GROUP BY d.child_id, d.from_date, d.to_date
    HAVING count_if(s.what = 'life') > 0
), turn AS (
    -- The days on which age band and year group change. Born on 29 February, a
    -- child is a year older on 1 March of other years.
    SELECT c.child_id, make_date(year(c.date_of_birth) + b.age, month(c.date_of_birth), 1) + (day(c.date_of_birth) - 1)::INTEGER AS day, b.band, NULL AS year_group
    FROM main.child c SEMI JOIN changed_child USING (child_id), (VALUES (0, 'under 1'), (1, '1 to 4'), (5, '5 to 9'), (10, '10 to 15'), (16, '16 to 17'), (18, '18 and over')) b(age, band) WHERE c.date_of_birth IS NOT NULL
    UNION ALL SELECT c.child_id, make_date(year(c.date_of_birth) + (month(c.date_of_birth) >= 9)::INTEGER + 4 + y.number, 9, 1), NULL, y.number
    FROM main.child c SEMI JOIN changed_child USING (child_id), range(0, 15) y(number) WHERE c.date_of_birth IS NOT NULL
    UNION ALL SELECT c.child_id, DATE '0001-01-01', CASE WHEN c.date_of_birth IS NOT NULL THEN 'unborn' END, NULL FROM main.child c SEMI JOIN changed_child USING (child_id)
), age AS (
    SELECT t.child_id, t.day AS from_date, lead(t.day, 1, DATE '9999-12-31') OVER w AS to_date,
           last_value(t.band IGNORE NULLS) OVER w AS age_band, last_value(t.year_group IGNORE NULLS) OVER w AS year_group
    FROM turn t WINDOW w AS (PARTITION BY t.child_id ORDER BY t.day)
)
SELECT s.child_id, greatest(s.from_date, a.from_date) AS from_date, nullif(least(s.to_date, a.to_date), DATE '9999-12-31') AS to_date,
       s.district, s.school_id, CASE WHEN a.year_group < 14 THEN a.year_group END::INTEGER AS year_group, a.age_band, c.sex, c.ethnicity,
       s.looked_after, s.legal_status, s.placement_type, s.case_open,
       CASE WHEN s.looked_after THEN 'looked-after' WHEN s.case_open THEN 'in-need' ELSE 'none' END AS care_status,
       CASE WHEN s.looked_after THEN 'looked-after' WHEN s.protected THEN 'protection-plan' WHEN s.case_open THEN 'in-need' ELSE 'none' END AS social_care_group,
       s.sen, s.sen_need, s.free_school_meals, s.team_id
FROM state s JOIN age a ON a.child_id = s.child_id AND a.from_date < s.to_date AND a.to_date > s.from_date
JOIN main.child c ON c.child_id = s.child_id
WHERE a.from_date < a.to_date -- two turns may fall on one day
