-- One row for each decision for adoption: the decision that a child should be placed
-- for adoption, and that they should be no longer.
--   adoption_decision_id  the record
--   child_id              the child
--   period_id             the looked-after period that it belongs to
--   date                  the day on which it was decided that the child should be placed
--                         for adoption
--   ceased_date           the day on which it was decided that the child should be so no
--                         longer; NULL where not given
--   ceased_reason         why not any longer (SSDA903 codes); NULL where not given
CREATE OR REPLACE VIEW main.adoption_decision AS
SELECT r.id AS adoption_decision_id, r.child_id, r.period_id, r.date, r.ceased_date, r.ceased_reason::VARCHAR AS ceased_reason
FROM facts.adoption_decision r;
