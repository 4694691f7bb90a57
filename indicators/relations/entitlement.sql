-- One row for each entitlement: an entitlement of a child to free school meals or
-- other help in education, from a day to a day.
--   entitlement_id  the record
--   child_id        the child
--   type            what it is
--   from_date       the first day
--   to_date         the day after the last day; NULL while it lasts
CREATE OR REPLACE VIEW main.entitlement AS
SELECT r.id AS entitlement_id, r.child_id, r.type::VARCHAR AS type, r.from_date, r.to_date
FROM facts.entitlement r;
