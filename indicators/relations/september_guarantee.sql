-- One row for each young person and year in which an offer of education or training
-- was due.
--   september_guarantee_id  the record
--   child_id                the child
--   year                    the year of that September
--   year_group              the year group that they leave: 11 or 12
--   status                  what became of the offer
--   date                    the day of the offer; NULL where not given
CREATE OR REPLACE VIEW main.september_guarantee AS
SELECT r.id AS september_guarantee_id, r.child_id, r.year, r.year_group, r.status::VARCHAR AS status, r.date
FROM facts.september_guarantee r;
