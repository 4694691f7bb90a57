-- One row for each adoption: the way of a looked-after child to adopters: matched,
-- placed, and who they are in numbers. One for each looked-after period.
--   adoption_id           the record
--   child_id              the child
--   period_id             the looked-after period that it belongs to
--   matched_date          the day on which the match with the adopters was approved; NULL
--                         where not given
--   early_decision_date   the day on which fostering for adoption, or concurrent planning,
--                         was decided; NULL where not given
--   early_placed_date     the day on which the child moved in by fostering for adoption or
--                         concurrent planning; NULL where not given
--   placement_order_date  the day of the placement order; NULL where not given
--   placed_date           the day on which the child was placed for adoption; NULL where
--                         not given
--   order_date            the day of the adoption order; NULL where not given
--   by_foster_carer       whether the adopters were the foster carers of the child
--   adopters              how many adopters, 1 or 2; NULL where not given
--   adopters_sex          the sex of the adopters (SSDA903 codes); NULL where not given
--   adopters_status       the legal status of the adopters (SSDA903 codes); NULL where not
--                         given
--   sibling_group         whether the child is one of siblings to be adopted
--   siblings_together     how many siblings were placed together with the child; NULL
--                         where not given
--   siblings_apart        how many siblings were placed elsewhere; NULL where not given
--   worker_id             the adoption worker; NULL where not given
CREATE OR REPLACE VIEW main.adoption AS
SELECT r.id AS adoption_id, r.child_id, r.period_id, r.matched_date, r.early_decision_date, r.early_placed_date, r.placement_order_date,
       r.placed_date, r.order_date, r.by_foster_carer, r.adopters, r.adopters_sex::VARCHAR AS adopters_sex,
       r.adopters_status::VARCHAR AS adopters_status, r.sibling_group, r.siblings_together, r.siblings_apart, r.worker_id
FROM facts.adoption r;
