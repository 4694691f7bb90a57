-- One row for each time that a child lives at an address. Of the address itself
-- nothing is held here but the district that it lies in.
--   child_id   the child
--   type       home, placement, other
--   district   code of the district: E07000008; NULL where it is not known
--   from_date  the first day
--   to_date    the day after the last; NULL while it lasts
CREATE OR REPLACE VIEW main.address AS
SELECT a.child_id, a.type::VARCHAR AS type, a.district::VARCHAR AS district, a.from_date, a.to_date
FROM facts.address a;
