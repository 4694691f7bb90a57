-- One row for each advocacy: the offer of an independent advocate to a looked-after
-- child or care leaver, and what came of it.
--   advocacy_id    the record
--   child_id       the child
--   date           the day on which an advocate was offered
--   issue          what it is about
--   accepted_date  the day on which the child took it up; none: they did not; NULL where
--                  not given
--   ended_date     the day on which the advocate was done; NULL where not given
--   outcome        what came of it; NULL where not given
CREATE OR REPLACE VIEW main.advocacy AS
SELECT r.id AS advocacy_id, r.child_id, r.date, r.issue::VARCHAR AS issue, r.accepted_date, r.ended_date, r.outcome::VARCHAR AS outcome
FROM facts.advocacy r;
