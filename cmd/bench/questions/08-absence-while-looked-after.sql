-- Absence of each month while looked after on the day.
SELECT date_trunc('month', a.date)::date AS month, count(DISTINCT a.child_id) AS children,
       sum(a.authorised + a.unauthorised) AS missed, sum(a.unauthorised) AS unauthorised, sum(a.possible) AS possible
FROM attendance a JOIN looked_after l ON l.child_id = a.child_id AND a.date >= l.from_date AND a.date < coalesce(l.to_date, DATE '9999-12-31')
GROUP BY 1
