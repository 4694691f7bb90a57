-- One row for each deprivation of liberty: an order by which a looked-after child is
-- deprived of their liberty, from a day to a day.
--   deprivation_of_liberty_id  the record
--   child_id                   the child
--   period_id                  the looked-after period that it belongs to
--   order_type                 which order
--   renewed                    whether it renews an order before
--   review_date                the day on which the court reviews it; NULL where not given
--   from_date                  the first day of the order
--   to_date                    the day after its last day
CREATE OR REPLACE VIEW main.deprivation_of_liberty AS
SELECT r.id AS deprivation_of_liberty_id, r.child_id, r.period_id, r.order_type::VARCHAR AS order_type, r.renewed, r.review_date, r.from_date,
       r.to_date
FROM facts.deprivation_of_liberty r;
