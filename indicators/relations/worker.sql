-- One row for each worker. No names: the warehouse holds none.
--   worker_id  the worker
--   team_id    the team that they work in
--   from_date  the first day
--   to_date    the day after the last; NULL while they work here
CREATE OR REPLACE VIEW main.worker AS
SELECT w.id AS worker_id, w.team_id, w.from_date, w.to_date
FROM facts.worker w;
