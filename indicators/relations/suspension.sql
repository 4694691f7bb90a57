-- One row for each suspension of a pupil or permanent exclusion that a head teacher
-- did not withdraw.
--   child_id         the child
--   school_id        the school that suspended or excluded the pupil
--   category         the school census's code: SUSP suspension (FIXD before September 2021), LNCH lunchtime, PERM permanent exclusion
--   permanent        true for a permanent exclusion
--   reason           the school census's code of the first reason: DB
--   from_date        its first day
--   to_date          the first school day back; NULL where there is none yet
--   sessions         how many sessions it lasts, a lunchtime counting as one; 0 for a permanent exclusion
--   reinstated       true where the governors, or after a review the authority of the school, took the pupil back
CREATE OR REPLACE VIEW main.suspension AS
SELECT s.child_id, s.school_id, s.category::VARCHAR AS category, s.category::VARCHAR = 'PERM' AS permanent, s.reason_1::VARCHAR AS reason, s.from_date, s.to_date, s.sessions,
       (s.reinstated_date IS NOT NULL OR coalesce(s.governors_decision::VARCHAR, '') = 'reinstated') AS reinstated
FROM facts.suspension s WHERE NOT s.withdrawn;
