-- One row for each core group: a meeting of the core group of a child protection plan.
--   core_group_id      the record
--   child_id           the child
--   plan_id            the child protection plan
--   date               the day of the meeting
--   parents_took_part  whether a parent took part
--   worker_id          who led it; NULL where not given
CREATE OR REPLACE VIEW main.core_group AS
SELECT r.id AS core_group_id, r.child_id, r.plan_id, r.date, r.parents_took_part, r.worker_id
FROM facts.core_group r;
