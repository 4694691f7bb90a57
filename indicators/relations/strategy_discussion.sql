-- One row for each strategy discussion: a strategy discussion: whether there is to
-- be an enquiry under section 47.
--   strategy_discussion_id  the record
--   child_id                the child
--   case_id                 the social-care case that it belongs to
--   date                    the day of the discussion
--   outcome                 what was agreed; NULL where not given
--   police_present          whether the police took part
--   health_present          whether a health practitioner took part
CREATE OR REPLACE VIEW main.strategy_discussion AS
SELECT r.id AS strategy_discussion_id, r.child_id, r.case_id, r.date, r.outcome::VARCHAR AS outcome, r.police_present, r.health_present
FROM facts.strategy_discussion r;
