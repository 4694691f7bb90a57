-- One row for each missing episode: a time for which a looked-after child was
-- missing or away without authorisation.
--   missing_episode_id  the record
--   child_id            the child
--   period_id           the looked-after period that it belongs to
--   type                missing, or away without authorisation
--   from_date           the first day
--   return_date         the day of the return; NULL while missing
--   interview_offered   whether a return interview was offered; NULL where not given
--   interview_date      the day of the return interview; NULL where not given
CREATE OR REPLACE VIEW main.missing_episode AS
SELECT r.id AS missing_episode_id, r.child_id, r.period_id, r.type::VARCHAR AS type, r.from_date, r.to_date - 1 AS return_date, r.interview_offered::VARCHAR
       AS interview_offered, r.interview_date
FROM facts.missing_episode r;
