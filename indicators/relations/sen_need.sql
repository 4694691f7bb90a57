-- One row for each special educational need: a special educational need of a child,
-- from a day to a day.
--   sen_need_id  the record
--   child_id     the child
--   need         the type of need (school census and SEN2 codes)
--   rank         1 for the primary need, 2 for the secondary one
--   from_date    the first day
--   to_date      the day after the last day; NULL while it lasts
CREATE OR REPLACE VIEW main.sen_need AS
SELECT r.id AS sen_need_id, r.child_id, r.need::VARCHAR AS need, r.rank, r.from_date, r.to_date
FROM facts.sen_need r;
