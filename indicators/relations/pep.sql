-- One row for each personal education plan: a personal education plan of a looked-
-- after child, made or reviewed in a term.
--   pep_id           the record
--   child_id         the child
--   period_id        the looked-after period that it belongs to
--   date             the day of the meeting
--   academic_year    the year in which the academic year began: 2025 is 2025/26
--   term             the term
--   quality          how good the Virtual School found it; NULL where not given
--   child_took_part  whether the child took part
CREATE OR REPLACE VIEW main.pep AS
SELECT r.id AS pep_id, r.child_id, r.period_id, r.date, r.academic_year, r.term::VARCHAR AS term, r.quality::VARCHAR AS quality, r.child_took_part
FROM facts.pep r;
