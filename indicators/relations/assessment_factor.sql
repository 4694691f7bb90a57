-- One row for each assessment factor: a factor that an assessment found.
--   assessment_factor_id  the record
--   child_id              the child
--   assessment_id         the assessment that found it
--   date                  the day on which the assessment was authorised
--   factor                the factor (CIN census codes)
CREATE OR REPLACE VIEW main.assessment_factor AS
SELECT r.id AS assessment_factor_id, r.child_id, r.assessment_id, r.date, r.factor::VARCHAR AS factor
FROM facts.assessment_factor r;
