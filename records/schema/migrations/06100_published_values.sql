-- The authority's own figures as published: written once, never changed, and kept
-- when the warehouse is deleted. A value that is not to be shown is kept beside its
-- flag, so that those with a right to exact figures can hold it against what is
-- known now; whoever has none is answered from what is flagged 'shown' alone.

-- +goose Up
CREATE TABLE published_release (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    published_at   timestamptz NOT NULL,
    published_by   text NOT NULL,             -- 'schedule', 'command', 'page'
    account_id     bigint REFERENCES account (id), -- who pressed the button
    signed_off_by  text NOT NULL DEFAULT '',  -- the name under the figures
    commentary     text NOT NULL DEFAULT ''   -- shown to everybody who sees the figures
);

-- A measure in a period. Targets and comparators are those of the day of publication.
CREATE TABLE published_period (
    release_id       bigint NOT NULL REFERENCES published_release (id),
    indicator        text NOT NULL,
    period_id        text NOT NULL,
    kind             text NOT NULL,
    first_day        date NOT NULL,
    last_day         date NOT NULL,
    name             text NOT NULL,
    complete         boolean NOT NULL,        -- false: published on its stated date without being complete
    lacking          text NOT NULL DEFAULT '',-- what it lacked then
    received         bigint,
    expected         bigint,
    definition_hash  text NOT NULL,
    definition       jsonb NOT NULL,
    data_as_at       timestamptz NOT NULL,
    position         text NOT NULL,           -- of the warehouse
    comparators      jsonb NOT NULL,
    PRIMARY KEY (indicator, period_id)        -- a period is published once
);
CREATE INDEX ON published_period (release_id);

CREATE TABLE published_value (
    indicator           text NOT NULL,
    period_id           text NOT NULL,
    breakdown           text NOT NULL,        -- '' is the authority as a whole
    member              text NOT NULL,
    label               text NOT NULL,
    code                text NOT NULL,
    place               integer NOT NULL,     -- in the order of the breakdown
    numerator           numeric,
    denominator         numeric,
    value               numeric,
    children            bigint NOT NULL,
    numerator_children  bigint NOT NULL,
    flag                text NOT NULL CHECK (flag IN ('shown', 'hidden', 'incomplete', 'none')),
    reason              text NOT NULL,        -- why it is hidden: see indicators/disclosure.go
    target              numeric,
    tolerance           numeric,
    PRIMARY KEY (indicator, breakdown, period_id, member),
    FOREIGN KEY (indicator, period_id) REFERENCES published_period (indicator, period_id)
);

-- The key by which it is drawn what is hidden beside a small number. It stands
-- beside the numbers that it protects: whoever reads the one could read the others.
-- It is the same for every publication, so that the same school goes each month.
CREATE TABLE published_key (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    key       bytea NOT NULL CHECK (length(key) = 32)
);
INSERT INTO published_key (key) SELECT sha256((gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text)::bytea);

-- From which day on periods are published by themselves: what ended before is
-- history that is still being read in, and is published by a person.
CREATE TABLE published_from (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    day       date NOT NULL
);

-- What is published is added to and never changed: the program has no right to.
GRANT SELECT, INSERT ON published_release, published_period, published_value, published_from TO onevision_app;
GRANT SELECT ON published_key TO onevision_app;

-- +goose Down
SELECT 1/0;
