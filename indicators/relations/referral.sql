-- One row for each referral of a child to social care: a request for services for a
-- child of whom no case is open. What is received of a child on one day is one
-- referral; one that is recorded while a case is open is none. A case is not open
-- on the day on which it is closed.
--   child_id           the child
--   day                the day on which it was received
--   previous           the day of the child's referral before, whether or not anything followed it; NULL for the first
--   referral_source    the CIN census's code: 6 police
--   need               the CIN census's primary need: N1; NULL where not given
--   no_further_action  true where it led to no further action
--   closure            the CIN census's reason for closing the case that it led to: RC8; NULL while it is open
CREATE OR REPLACE VIEW main.referral AS
WITH received AS (
    SELECT c.child_id, c.from_date AS day, bool_and(c.no_further_action) AS no_further_action,
           arg_min(c.referral_source::VARCHAR, (c.no_further_action, c.id)) AS referral_source, arg_min(c.need::VARCHAR, (c.no_further_action, c.id)) AS need,
           arg_min(c.closure::VARCHAR, c.id) FILTER (WHERE NOT c.no_further_action) AS closure
    FROM facts.social_care_case c GROUP BY ALL
)
SELECT r.child_id, r.day, lag(r.day) OVER (PARTITION BY r.child_id ORDER BY r.day) AS previous, r.referral_source, r.need, r.no_further_action, r.closure
FROM received r
WHERE NOT EXISTS (SELECT 1 FROM facts.social_care_case o
    WHERE o.child_id = r.child_id AND NOT o.no_further_action AND o.from_date < r.day AND coalesce(o.to_date, DATE '9999-12-31') - 1 > r.day);
