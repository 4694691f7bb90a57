-- One row for each assessment: an assessment of a child in need: from its start to
-- its authorisation.
--   assessment_id    the record
--   child_id         the child
--   case_id          the social-care case that it belongs to
--   start_date       the day on which it began
--   authorised_date  the day on which it was authorised; NULL while it is being made
--   child_seen_date  the day on which the child was seen; NULL where not given
--   seen_alone       whether the child was seen alone
--   outcome          what it led to; NULL where not given
--   worker_id        the worker who made it; NULL where not given
CREATE OR REPLACE VIEW main.assessment AS
SELECT r.id AS assessment_id, r.child_id, r.case_id, r.from_date AS start_date, r.to_date - 1 AS authorised_date, r.child_seen_date, r.seen_alone,
       r.outcome::VARCHAR AS outcome, r.worker_id
FROM facts.assessment r;
