-- One row for each pre-proceedings: the time before care proceedings, from the
-- decision at the legal gateway to the court or a step down.
--   pre_proceedings_id    the record
--   child_id              the child
--   case_id               the case that it belongs to
--   gateway               what the legal gateway decided
--   from_date             the day of the decision at the legal gateway
--   to_date               the day after it ended: the application to court, or the step
--                         down
--   letter_date           the day on which the letter before proceedings was sent; NULL
--                         where not given
--   meeting_date          the day of the first meeting with the parents; NULL where not
--                         given
--   review_meetings       how many meetings reviewed it; NULL where not given
--   family_group_offered  whether a family group decision-making meeting was offered
--   family_group_held     whether it was held
--   outcome               how it ended; NULL where not given
--   short_notice_reason   why proceedings were begun at short notice, if they were; NULL
--                         where not given
--   initial_plan          the care plan that the authority first put to the court; NULL
--                         where not given
--   final_plan            the care plan at the final hearing; NULL where not given
--   hearings              how many hearings there were; NULL where not given
CREATE OR REPLACE VIEW main.pre_proceedings AS
SELECT r.id AS pre_proceedings_id, r.child_id, r.case_id, r.gateway::VARCHAR AS gateway, r.from_date, r.to_date, r.letter_date, r.meeting_date,
       r.review_meetings, r.family_group_offered, r.family_group_held, r.outcome::VARCHAR AS outcome,
       r.short_notice_reason::VARCHAR AS short_notice_reason, r.initial_plan::VARCHAR AS initial_plan, r.final_plan::VARCHAR AS final_plan, r.hearings
FROM facts.pre_proceedings r;
