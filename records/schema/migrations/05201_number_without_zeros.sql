-- A number that lost the zeros at its beginning finds its child.

-- +goose Up
CREATE INDEX child_identifier_bare ON child_identifier (scheme, ltrim(value, '0'));

-- +goose Down
SELECT 1/0;
