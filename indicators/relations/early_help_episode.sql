-- One row for each early help episode: a time for which a family has early help
-- because of a child.
--   early_help_episode_id  the record
--   child_id               the child
--   main_reason            why; NULL where not given
--   team_id                the team that leads; NULL where not given
--   from_date              the first day
--   to_date                the day after the last day; NULL while it lasts
--   outcome                what became of it; NULL where not given
CREATE OR REPLACE VIEW main.early_help_episode AS
SELECT r.id AS early_help_episode_id, r.child_id, r.main_reason::VARCHAR AS main_reason, r.team_id, r.from_date, r.to_date, r.outcome::VARCHAR AS outcome
FROM facts.early_help_episode r;
