-- One row for each education, health and care needs assessment.
--   ehc_assessment_id  the record
--   child_id           the child
--   request_id         the request that led to it
--   start_date         the day on which it was decided to assess
--   outcome            what was decided; NULL where not given
--   outcome_date       of a plan the day on which the final plan was issued, else the day on which the family was told that there is none; NULL where not given
--   exception          whether one of the exceptions to the 20 weeks applied
--   exception_reason   which one; NULL where not given
CREATE OR REPLACE VIEW main.ehc_assessment AS
SELECT r.id AS ehc_assessment_id, r.child_id, r.request_id, r.from_date AS start_date, r.outcome::VARCHAR AS outcome, r.outcome_date, r.exception,
       r.exception_reason::VARCHAR AS exception_reason
FROM facts.ehc_assessment r;
