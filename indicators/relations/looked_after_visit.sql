-- One row for each looked-after visit: a social worker's visit to a looked-after
-- child.
--   looked_after_visit_id  the record
--   child_id               the child
--   period_id              the looked-after period that it belongs to
--   date                   the day of the visit
--   seen                   whether the child was seen
--   seen_alone             whether the child was seen alone
--   worker_id              the worker who visited; NULL where not given
CREATE OR REPLACE VIEW main.looked_after_visit AS
SELECT r.id AS looked_after_visit_id, r.child_id, r.period_id, r.date, r.seen, r.seen_alone, r.worker_id
FROM facts.looked_after_visit r;
