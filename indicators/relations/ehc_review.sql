-- One row for each eHC annual review: an annual review of an education, health and
-- care plan: due, and held or not yet.
--   ehc_review_id  the record
--   child_id       the child
--   plan_id        the plan
--   due_date       the day by which it is due, 12 months from the plan or the last review
--   meeting_date   the day of the review meeting; NULL where not given
--   decision       what was decided; NULL where not given
--   decision_date  the day on which the family was told; NULL where not given
CREATE OR REPLACE VIEW main.ehc_review AS
SELECT r.id AS ehc_review_id, r.child_id, r.plan_id, r.due_date, r.meeting_date, r.decision::VARCHAR AS decision, r.decision_date
FROM facts.ehc_review r;
