-- One row for each strengths and difficulties questionnaire: a strengths and
-- difficulties questionnaire of a looked-after child, or why there is none.
--   sdq_id           the record
--   child_id         the child
--   period_id        the looked-after period that it belongs to
--   date             the day on which it was completed, or of which it is said that there is none
--   score            the total score of difficulties, 0 to 40; NULL where not given
--   no_score_reason  why there is no score; NULL where not given
--   completed_by     who answered it; NULL where not given
CREATE OR REPLACE VIEW main.sdq AS
SELECT r.id AS sdq_id, r.child_id, r.period_id, r.date, r.score, r.no_score_reason::VARCHAR AS no_score_reason, r.completed_by::VARCHAR AS completed_by
FROM facts.sdq r;
