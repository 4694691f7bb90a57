-- One row for each penalty notice: a notice to a parent to pay for their child’s
-- unauthorised absence.
--   penalty_notice_id  the record
--   child_id           the child
--   school_id          the school
--   date               the day on which it was issued
--   offence_from       the first day of the absence
--   offence_to         the last day of the absence
--   sessions           how many sessions were missed without permission
--   second             whether it is the second to this parent for this child in three
--                      years
--   paid_date          the day on which it was paid; NULL where not given
--   withdrawn_date     the day on which it was withdrawn; NULL where not given
--   prosecution_date   the day on which the parent was prosecuted for not paying; NULL
--                      where not given
CREATE OR REPLACE VIEW main.penalty_notice AS
SELECT r.id AS penalty_notice_id, r.child_id, r.school_id, r.date, r.offence_from, r.offence_to, r.sessions, r.second, r.paid_date, r.withdrawn_date,
       r.prosecution_date
FROM facts.penalty_notice r;
