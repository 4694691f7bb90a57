-- One row for each school, open or closed.
--   school_id   the school
--   laestab     the authority's and establishment's number: 8734001
--   name        its name
--   phase       primary, secondary, special, all-through, ap
--   district    code of the district it stands in
--   from_date   the day it opened
--   to_date     the day after its last; NULL while it is open
CREATE OR REPLACE VIEW main.school AS
SELECT s.id AS school_id, s.laestab, s.name, s.phase::VARCHAR AS phase, s.district::VARCHAR AS district, s.from_date, s.to_date
FROM facts.school s;
