-- One row for each social worker's visit to a child on a child protection plan or in
-- need.
--   visit_id      the record
--   child_id      the child
--   case_id       the social-care case that it belongs to
--   plan_id       the child protection plan that it belongs to, if there is one; NULL where not given
--   date          the day of the visit
--   seen          whether the child was seen
--   seen_alone    whether the child was seen alone
--   bedroom_seen  whether the child's bedroom was seen
--   worker_id     the worker who visited; NULL where not given
CREATE OR REPLACE VIEW main.visit AS
SELECT r.id AS visit_id, r.child_id, r.case_id, r.plan_id, r.date, r.seen, r.seen_alone, r.bedroom_seen, r.worker_id
FROM facts.visit r;
