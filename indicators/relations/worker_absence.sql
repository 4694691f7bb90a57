-- One row for each worker absence: a time for which a worker is away from work. Why
-- stays in the record store.
--   worker_absence_id  the record
--   worker_id          the worker
--   from_date          the first day away
--   to_date            the first day back
CREATE OR REPLACE VIEW main.worker_absence AS
SELECT r.id AS worker_absence_id, r.worker_id, r.from_date, r.to_date
FROM facts.worker_absence r;
