-- One row for each request for an education, health and care needs assessment.
--   ehc_request_id  the record
--   child_id        the child
--   date            the day on which it was received, or the authority became responsible: the 20 weeks begin on it
--   requested_by    who asked; NULL where not given
--   outcome         what was decided; NULL where not given
--   outcome_date    the day on which whoever asked was told; NULL where not given
--   mediation       whether there was mediation about it
--   tribunal        whether there was an appeal about it
--   exported        whether the child moved to another authority before the assessment was complete
CREATE OR REPLACE VIEW main.ehc_request AS
SELECT r.id AS ehc_request_id, r.child_id, r.date, r.requested_by::VARCHAR AS requested_by, r.outcome::VARCHAR AS outcome, r.outcome_date, r.mediation,
       r.tribunal, r.exported
FROM facts.ehc_request r;
