-- One row for each health visitor review: a review of a child by a health visitor:
-- due, and done or not.
--   health_visitor_review_id  the record
--   child_id                  the child
--   type                      which review
--   due_date                  the day by which it is due
--   date                      the day on which it was done; NULL where not given
--   outcome                   whether it was done; NULL where not given
--   face_to_face              whether it was face to face
--   asq_used                  whether the ages and stages questionnaire was used
CREATE OR REPLACE VIEW main.health_visitor_review AS
SELECT r.id AS health_visitor_review_id, r.child_id, r.type::VARCHAR AS type, r.due_date, r.date, r.outcome::VARCHAR AS outcome, r.face_to_face, r.asq_used
FROM facts.health_visitor_review r;
