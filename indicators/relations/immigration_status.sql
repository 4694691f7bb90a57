-- One row for each immigration status: the immigration status of a child, from a day
-- to a day, and whether they are here alone.
--   immigration_status_id  the record
--   child_id               the child
--   status                 the status
--   unaccompanied          whether it is that of an unaccompanied asylum-seeking child
--   from_date              the first day
--   to_date                the day after the last day; NULL while it lasts
CREATE OR REPLACE VIEW main.immigration_status AS
SELECT r.id AS immigration_status_id, r.child_id, r.status::VARCHAR AS status, r.unaccompanied, r.from_date, r.to_date
FROM facts.immigration_status r;
