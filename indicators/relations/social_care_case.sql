-- One row for each social-care case: an episode of need, from referral to closure.
--   case_id            the case
--   child_id           the child
--   from_date          the day of referral
--   to_date            the day after the day of closure; NULL while open
--   referral_source    the CIN census's code: 6 police
--   need               the CIN census's primary need: N1
--   no_further_action  true for a referral that led to no further action, which is not an episode of need
--   closure            the CIN census's reason for closure: RC7
CREATE OR REPLACE VIEW main.social_care_case AS
SELECT c.id AS case_id, c.child_id, c.from_date, c.to_date, c.referral_source::VARCHAR AS referral_source, c.need::VARCHAR AS need, c.no_further_action, c.closure::VARCHAR AS closure
FROM facts.social_care_case c;
