-- One row for each substance misuse: whether a looked-after child was found to misuse
-- substances, and what help they were offered.
--   substance_misuse_id    the record
--   child_id               the child
--   period_id              the looked-after period that it belongs to
--   date                   the day on which it was found, or of which it is said
--   misused                whether the child was found to misuse substances
--   intervention_received  whether the child received help for it
--   intervention_offered   whether the child was offered help for it
CREATE OR REPLACE VIEW main.substance_misuse AS
SELECT r.id AS substance_misuse_id, r.child_id, r.period_id, r.date, r.misused, r.intervention_received, r.intervention_offered
FROM facts.substance_misuse r;
