-- What the numbers are held against: targets and comparators, dated, filled from
-- the small files beside the library of indicators and by importers.

-- +goose Up
CREATE TABLE indicator_target (
    indicator   text NOT NULL,
    breakdown   text NOT NULL DEFAULT '',     -- '' is the authority as a whole
    member      text NOT NULL DEFAULT '',
    from_date   date NOT NULL,
    to_date     date,
    target      numeric NOT NULL,
    tolerance   numeric NOT NULL DEFAULT 0,   -- within this of the target, on the wrong side: at risk
    PRIMARY KEY (indicator, breakdown, member, from_date)
);
CREATE TABLE indicator_comparator (
    indicator     text NOT NULL,
    area          text NOT NULL,              -- 'England', 'East of England', 'Statistical neighbours'
    period        text NOT NULL,              -- as published: '2024/25'
    value         numeric NOT NULL,
    like_for_like boolean NOT NULL,
    note          text NOT NULL DEFAULT '',   -- how it differs, when it is not like for like
    source        text NOT NULL,
    PRIMARY KEY (indicator, area, period)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON indicator_target, indicator_comparator TO onevision_app;

-- +goose Down
SELECT 1/0;
