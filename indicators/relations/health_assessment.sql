-- One row for each health assessment: a health assessment of a looked-after child.
--   health_assessment_id  the record
--   child_id              the child
--   period_id             the looked-after period that it belongs to
--   type                  the first one, or a review
--   date                  the day on which it was made, refused or cancelled, or for which it is planned
--   status                whether it was made
CREATE OR REPLACE VIEW main.health_assessment AS
SELECT r.id AS health_assessment_id, r.child_id, r.period_id, r.type::VARCHAR AS type, r.date, r.status::VARCHAR AS status
FROM facts.health_assessment r;
