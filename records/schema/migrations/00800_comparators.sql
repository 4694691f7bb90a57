-- Published figures of England, regions and other authorities, against which the
-- authority's own are set. They come in releases: those that the program carries
-- (origin 'shipped', one bundle of them for each version of its files) and those
-- that the authority imported. A row is never changed: a later release adds a row
-- for the same figure, and the imported one wins over the shipped one. Nothing
-- here is about a child.

-- +goose Up
ALTER TABLE installation ADD COLUMN authority_code text NOT NULL DEFAULT '';   -- of the Office for National Statistics: E10000003
GRANT UPDATE (authority, authority_code) ON installation TO onevision_app;

CREATE TABLE indicator_comparator_release (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin       text NOT NULL CHECK (origin IN ('shipped', 'imported')),
    bundle       text NOT NULL DEFAULT '',    -- of shipped ones: hash of all shipped files together; the newest bundle holds
    publisher    text NOT NULL,
    publication  text NOT NULL,
    release      text NOT NULL,               -- as the publisher names it: 'April 2026', '2024/25'
    published    date,                        -- null: not known
    licence      text NOT NULL,
    address      text NOT NULL DEFAULT '',    -- where it was published
    file         text NOT NULL,               -- name of the file that was read
    file_hash    text NOT NULL DEFAULT '',    -- SHA-256 of it
    loaded_at    timestamptz NOT NULL DEFAULT now(),
    loaded_by    text NOT NULL,
    withdrawn_at timestamptz,                 -- its rows count no longer
    withdrawn_by text
);
CREATE INDEX indicator_comparator_release_bundle ON indicator_comparator_release (bundle) WHERE origin = 'shipped';

CREATE TABLE indicator_comparator_measure (
    release_id   bigint NOT NULL REFERENCES indicator_comparator_release,
    position     integer NOT NULL,            -- order in lists
    measure      text NOT NULL,               -- an indicator's id, or one of its kind where no indicator is defined
    part         text NOT NULL DEFAULT '',    -- of the measure: primary, 17-18; '' is the whole
    theme        text NOT NULL,
    title        text NOT NULL,
    unit         text NOT NULL,
    polarity     text NOT NULL CHECK (polarity IN ('low', 'high', 'none')),
    decimals     smallint NOT NULL CHECK (decimals BETWEEN 0 AND 4),
    PRIMARY KEY (release_id, measure, part)
);

CREATE TABLE indicator_comparator_value (
    release_id   bigint NOT NULL REFERENCES indicator_comparator_release,
    measure      text NOT NULL,
    part         text NOT NULL DEFAULT '',
    period_kind  text NOT NULL,               -- academic-year, at-31-march, ...
    period       text NOT NULL,               -- as published: '2024/25', '2025'
    last_day     date NOT NULL,
    area_type    text NOT NULL CHECK (area_type IN ('national', 'region', 'local-authority', 'neighbours-mean')),
    area_code    text NOT NULL,
    area_name    text NOT NULL,
    value        numeric,
    numerator    numeric,                     -- where published
    denominator  numeric,
    flag         text NOT NULL DEFAULT '',    -- why there is no value: c suppressed, x not available, z not applicable, ...
    areas        smallint NOT NULL DEFAULT 0, -- of a mean: how many areas had a figure
    comparison   text NOT NULL,               -- yes: like for like with the indicator; else how it is not
    note         text NOT NULL DEFAULT '',
    definition   text NOT NULL DEFAULT '',    -- title of the figure in its source
    PRIMARY KEY (release_id, measure, part, period_kind, period, area_code),
    CHECK ((value IS NULL) = (flag <> ''))
);

-- A period from which figures are not comparable with those before it.
CREATE TABLE indicator_comparator_break (
    release_id   bigint NOT NULL REFERENCES indicator_comparator_release,
    measure      text NOT NULL,
    period_kind  text NOT NULL,
    period       text NOT NULL,
    note         text NOT NULL,
    PRIMARY KEY (release_id, measure, period_kind, period)
);

-- Which region an authority lies in, and its statistical neighbours.
CREATE TABLE indicator_comparator_neighbour (
    release_id     bigint NOT NULL REFERENCES indicator_comparator_release,
    authority_code text NOT NULL,
    authority_name text NOT NULL,
    region_code    text NOT NULL,
    region_name    text NOT NULL,
    position       smallint NOT NULL,         -- 1 is the closest
    neighbour_code text NOT NULL,
    neighbour_name text NOT NULL,
    closeness      text NOT NULL DEFAULT '',
    PRIMARY KEY (release_id, authority_code, neighbour_code)
);

-- What somebody wrote into the table of before, which held England's newest figures
-- of four indicators, goes on counting.
-- +goose StatementBegin
DO $$
DECLARE r bigint;
BEGIN
    IF EXISTS (SELECT FROM indicator_comparator c WHERE NOT (c.area = 'England' AND c.period = '2024/25'
        AND c.indicator IN ('unauthorised-absence', 'persistent-absence', 'gcse-attainment8-in-care', 'gcse-grade4-english-maths-in-care'))) THEN
        INSERT INTO indicator_comparator_release (origin, publisher, publication, release, licence, file, loaded_by)
        VALUES ('imported', 'The authority', 'Figures entered before version 00800 of the schema', '', 'Not stated', 'indicator_comparator', 'migration') RETURNING id INTO r;
        INSERT INTO indicator_comparator_value (release_id, measure, period_kind, period, last_day, area_type, area_code, area_name, value, comparison, note, definition)
        SELECT r, indicator, 'academic-year', period, make_date(left(period, 4)::int + 1, 8, 31), 'national', 'E92000001', 'England', value,
               CASE WHEN like_for_like THEN 'yes' ELSE 'near' END, note, source
        FROM indicator_comparator c
        WHERE area = 'England' AND period ~ '^\d{4}/\d{2}$' AND NOT (period = '2024/25'
            AND indicator IN ('unauthorised-absence', 'persistent-absence', 'gcse-attainment8-in-care', 'gcse-grade4-english-maths-in-care'));
    END IF;
END $$;
-- +goose StatementEnd
DROP TABLE indicator_comparator;

GRANT SELECT, INSERT ON indicator_comparator_release, indicator_comparator_measure, indicator_comparator_value, indicator_comparator_break, indicator_comparator_neighbour TO onevision_app;
GRANT UPDATE (withdrawn_at, withdrawn_by) ON indicator_comparator_release TO onevision_app;

-- +goose Down
SELECT 1/0;
