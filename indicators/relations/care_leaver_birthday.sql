-- One row for each birthday, from the 17th to the 21st, on which somebody was a care
-- leaver, with what was known of them from three months before it to one month after.
--   child_id       the young person
--   birthday       which birthday: 17 to 21
--   day            the day of it; born on 29 February, 1 March of other years
--   eligibility    their status in law on that day: relevant, former-relevant, qualifying
--   in_touch       YES, NO, DIED, REFU, NREQ, RHOM; NULL where nothing was recorded
--   activity       the SSDA903's code of what they do: F2; NULL where not known
--   accommodation  the SSDA903's code of where they live: U; NULL where not known
--   suitable       whether that is suitable; NULL where nothing was recorded
CREATE OR REPLACE VIEW main.care_leaver_birthday AS
WITH each AS (
    SELECT c.id AS child_id, n.birthday, make_date(year(c.date_of_birth) + n.birthday, month(c.date_of_birth), 1) + (day(c.date_of_birth) - 1)::INTEGER AS day, c.date_of_death
    FROM facts.child c CROSS JOIN (VALUES (17), (18), (19), (20), (21)) n(birthday)
    WHERE c.date_of_birth IS NOT NULL AND c.id IN (SELECT l.child_id FROM facts.care_leaver l)
)
SELECT e.child_id, e.birthday, e.day, l.eligibility::VARCHAR AS eligibility, k.in_touch::VARCHAR AS in_touch, k.activity::VARCHAR AS activity,
       k.accommodation::VARCHAR AS accommodation, k.suitable
FROM each e
JOIN facts.care_leaver l ON l.child_id = e.child_id AND l.from_date <= e.day AND coalesce(l.to_date, DATE '9999-12-31') > e.day AND l.eligibility::VARCHAR <> 'eligible'
LEFT JOIN facts.care_leaver_contact k ON k.child_id = e.child_id AND k.birthday = e.birthday
      AND k.date BETWEEN (e.day - INTERVAL 3 MONTH)::DATE AND (e.day + INTERVAL 1 MONTH)::DATE
WHERE coalesce(e.date_of_death > e.day, true);
