-- One row for each legal basis on which a child was looked after, short breaks
-- included.
--   child_id   the child
--   status     the SSDA903's code: C2, V2
--   from_date  its first day
--   to_date    the day after its last; NULL while it lasts
CREATE OR REPLACE VIEW main.legal_status AS
SELECT l.child_id, l.status::VARCHAR AS status, l.from_date, l.to_date
FROM facts.legal_status l;
