-- One row for each team.
--   team_id    the team
--   name       its name
--   service    assessment, safeguarding, looked-after, disability, leaving-care, education-welfare
--   from_date  its first day
--   to_date    the day after its last; NULL while it works
CREATE OR REPLACE VIEW main.team AS
SELECT t.id AS team_id, t.name, t.service::VARCHAR AS service, t.from_date, t.to_date
FROM facts.team t;
