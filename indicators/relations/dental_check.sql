-- One row for each dental check: a check of the teeth of a looked-after child by a
-- dentist.
--   dental_check_id  the record
--   child_id         the child
--   period_id        the looked-after period that it belongs to
--   date             the day on which it was made or refused
--   status           whether it was made
CREATE OR REPLACE VIEW main.dental_check AS
SELECT r.id AS dental_check_id, r.child_id, r.period_id, r.date, r.status::VARCHAR AS status
FROM facts.dental_check r;
