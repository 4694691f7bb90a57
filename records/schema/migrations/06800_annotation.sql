-- What people write beside a measure: commentary on a figure, acts (what is done about
-- it, by whom, until when, with what outcome) and events (a school closed, a rule
-- changed, a strike). Of each it stands whether it is for everybody: what is not stays
-- with those who see exact figures.

-- +goose Up
CREATE TABLE indicator_annotation (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    indicator     text NOT NULL,
    breakdown     text NOT NULL,             -- '' is the authority as a whole
    member        text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('commentary', 'act', 'event')),
    day           date NOT NULL,             -- of an event: when it happened; of commentary: the last day of the period that it is on; of an act: when it was agreed
    text          text NOT NULL,
    public        boolean NOT NULL,          -- enters the next publication
    owner_id      bigint REFERENCES account (id),
    due           date,
    outcome       text NOT NULL DEFAULT '',
    ended_at      timestamptz,               -- when the outcome was written
    written_by    bigint NOT NULL REFERENCES account (id),
    written_at    timestamptz NOT NULL,
    withdrawn_at  timestamptz,
    CHECK ((kind = 'act') = (owner_id IS NOT NULL AND due IS NOT NULL)),
    CHECK ((ended_at IS NOT NULL) = (outcome <> ''))
);
CREATE INDEX ON indicator_annotation (indicator, breakdown, member);

-- What of it was published, in the words of that day. An act under way is written
-- again with each publication of its measure, and once more with its outcome.
CREATE TABLE published_annotation (
    release_id     bigint NOT NULL REFERENCES published_release (id),
    annotation_id  bigint NOT NULL REFERENCES indicator_annotation (id),
    indicator      text NOT NULL,
    breakdown      text NOT NULL,
    member         text NOT NULL,
    kind           text NOT NULL,
    day            date NOT NULL,
    text           text NOT NULL,
    owner          text NOT NULL,
    due            date,
    outcome        text NOT NULL,
    written_by     text NOT NULL,
    written_at     timestamptz NOT NULL,
    PRIMARY KEY (release_id, annotation_id)
);
CREATE INDEX ON published_annotation (indicator, breakdown, member);

GRANT SELECT, INSERT ON indicator_annotation, published_annotation TO onevision_app;
GRANT UPDATE (outcome, ended_at, withdrawn_at) ON indicator_annotation TO onevision_app;

-- +goose Down
SELECT 1/0;
