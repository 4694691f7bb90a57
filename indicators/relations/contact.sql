-- One row for each contact about a child with the front door of children's social
-- care.
--   contact_id      the record
--   child_id        the child
--   date            the day on which it was received
--   contact_source  who made the contact
--   decision_date   the day on which it was decided what to do; NULL where not given
--   outcome         what was decided; NULL where not given
--   case_id         the case that it led to or belongs to, if any; NULL where not given
CREATE OR REPLACE VIEW main.contact AS
SELECT r.id AS contact_id, r.child_id, r.date, r.contact_source::VARCHAR AS contact_source, r.decision_date, r.outcome::VARCHAR AS outcome, r.case_id
FROM facts.contact r;
