-- One row for each time that a child is on a school's roll.
--   child_id   the child
--   school_id  the school
--   status     C single, M main of two, S subsidiary of two, G guest
--   from_date  the first day on the roll
--   to_date    the day after the last; NULL while on the roll
CREATE OR REPLACE VIEW main.enrolment AS
SELECT e.child_id, e.school_id, e.status::VARCHAR AS status, e.from_date, e.to_date
FROM facts.enrolment e;
