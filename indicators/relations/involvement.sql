-- One row for each time that a worker is involved with a child.
--   child_id   the child
--   case_id    the case, where it is about one
--   worker_id  the worker
--   team_id    the team that the worker did it for
--   role       social-worker, iro, personal-adviser, ewo, sen-officer, health-visitor
--   allocated  true for the case's allocated worker
--   from_date  the first day
--   to_date    the day after the last; NULL while it lasts
CREATE OR REPLACE VIEW main.involvement AS
SELECT i.child_id, i.case_id, i.worker_id, i.team_id, i.role::VARCHAR AS role, i.allocated, i.from_date, i.to_date
FROM facts.involvement i;
