-- Where a worker and a team are rung, which is half of what "a social worker is
-- involved" is for.

-- +goose Up
ALTER TABLE worker ADD COLUMN telephone text;
ALTER TABLE worker_history ADD COLUMN telephone text;
ALTER TABLE team ADD COLUMN telephone text;
ALTER TABLE team_history ADD COLUMN telephone text;

-- care_status is what somebody may know of a child's care who may not read the
-- records of it: that the child is looked after, or on a protection plan; no reason,
-- no date, nothing of the past. It asks the viewer's own right and relation, because
-- it reads past the policies of the records that it is taken from.
-- +goose StatementBegin
CREATE FUNCTION care_status(child bigint) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH may AS (
        SELECT (now() AT TIME ZONE 'Europe/London')::date AS today
        WHERE viewer_reads('care_status') AND child <> ALL (viewer_barred())
          AND (viewer_reaches_all('care_status') OR EXISTS (
            SELECT FROM reach r WHERE r.child_id = child AND r.grp = ANY (viewer_groups('care_status')) AND r.from_at <= now() AND r.to_at > now()))
    )
    SELECT coalesce(array_agg(status ORDER BY status), '{}') FROM (
        SELECT DISTINCT 'looked-after' FROM looked_after_period p, may WHERE p.child_id = child AND p.from_date <= today AND coalesce(p.to_date, 'infinity') > today
        UNION ALL
        SELECT DISTINCT 'protection-plan' FROM child_protection_plan p, may WHERE p.child_id = child AND p.from_date <= today AND coalesce(p.to_date, 'infinity') > today
    ) s (status)
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION care_status FROM PUBLIC;
GRANT EXECUTE ON FUNCTION care_status TO onevision_app;

-- +goose Down
SELECT 1/0;
