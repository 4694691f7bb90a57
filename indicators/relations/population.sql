-- One row for each mid-year estimate of how many people of an age live in the
-- authority or in one of its districts: the denominator of rates. What is not
-- stated is added up where all of its parts are: persons of both sexes, the
-- authority of its districts.
--   year       the estimate is of 30 June of this year
--   from_date  the first day of which rates use it: 1 April of that year
--   to_date    the day after the last, from which the next recorded estimate is used; NULL for the newest
--   district   code of the district; NULL: the whole authority
--   sex        M, F; NULL: both
--   age        in years
--   people     how many
CREATE OR REPLACE VIEW main.population AS
WITH stated AS (
    SELECT p.year::INTEGER AS year, CASE WHEN p.area IN (SELECT d.code::VARCHAR FROM facts.district d) THEN p.area END AS district,
           CASE WHEN p.sex::VARCHAR <> 'P' THEN p.sex::VARCHAR END AS sex, p.age::INTEGER AS age, p.people::BIGINT AS people
    FROM facts.population p
), summed AS (
    SELECT year, district, sex, age, people, 0 AS rank FROM stated
    UNION ALL SELECT year, district, NULL, age, sum(people), 1 FROM stated WHERE sex IS NOT NULL GROUP BY year, district, age HAVING count(*) = 2
    UNION ALL SELECT year, NULL, sex, age, sum(people), 1 FROM stated WHERE district IS NOT NULL AND sex IS NOT NULL GROUP BY year, sex, age
    UNION ALL SELECT year, NULL, NULL, age, sum(people), 2 FROM stated WHERE district IS NOT NULL AND sex IS NULL GROUP BY year, age
    UNION ALL SELECT year, NULL, NULL, age, sum(people), 3 FROM stated WHERE district IS NOT NULL AND sex IS NOT NULL GROUP BY year, age HAVING count(*) = 2 * count(DISTINCT district)
), next AS (
    SELECT year, make_date(year, 4, 1) AS from_date, make_date(lead(year) OVER (ORDER BY year), 4, 1) AS to_date FROM (SELECT DISTINCT year FROM stated)
)
SELECT s.year, n.from_date, n.to_date, s.district, s.sex, s.age, s.people::BIGINT AS people
FROM summed s JOIN next n ON n.year = s.year
QUALIFY row_number() OVER (PARTITION BY s.year, s.district, s.sex, s.age ORDER BY s.rank) = 1;
