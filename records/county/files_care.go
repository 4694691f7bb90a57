package county

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/records"
)

// careFiles writes the SSDA903 return of each of the last years to 31 March,
// oldest first: header, episodes and reviews of the children who were looked
// after in the year.
func careFiles(ctx context.Context, conn *pgx.Conn, o FilesOptions) (files []File, err error) {
	last := lastMarch(dayOf(o.Today)).time().Year()
	for y := last - careHistory + 1; y <= last; y++ {
		for _, write := range []func(context.Context, *pgx.Conn, FilesOptions, int) (File, error){careChildren, careEpisodes, careReviews} {
			f, err := write(ctx, conn, o, y)
			if err != nil {
				return files, err
			}
			files = append(files, f)
			if o.Progress != nil {
				o.Progress(f)
			}
		}
	}
	return files, nil
}

// inCare are the children looked after in the year to 31 March of $1, under
// the numbers of the return.
const inCare = `
	SELECT i.value AS number, c.* FROM child c JOIN child_identifier i ON i.child_id = c.id AND i.scheme = 'ssda903'
	WHERE EXISTS (SELECT FROM looked_after_period l WHERE l.child_id = c.id AND l.from_date <= make_date(%[1]d, 3, 31) AND coalesce(l.to_date, 'infinity') >= make_date(%[1]d - 1, 4, 1))
	ORDER BY c.id`

func careChildren(ctx context.Context, conn *pgx.Conn, o FilesOptions, year int) (File, error) {
	q := query{fmt.Sprintf("ssda903-%d-header", year), "ssda903-header", fmt.Sprintf(`/* county.careChildren */
		SELECT number AS "CHILD", CASE sex WHEN 'M' THEN 1 ELSE 2 END AS "SEX", to_char(date_of_birth, 'DD/MM/YYYY') AS "DOB", ethnicity AS "ETHNIC", upn AS "UPN", 0 AS "MOTHER", NULL AS "MC_DOB"
		FROM (`+inCare+`) c`, year)}
	return q.write(ctx, conn, o.Dir)
}

func careReviews(ctx context.Context, conn *pgx.Conn, o FilesOptions, year int) (File, error) {
	q := query{fmt.Sprintf("ssda903-%d-reviews", year), "ssda903-reviews", fmt.Sprintf(`/* county.careReviews */
		SELECT number AS "CHILD", to_char(date_of_birth, 'DD/MM/YYYY') AS "DOB", to_char(r.date, 'DD/MM/YYYY') AS "REVIEW", r.participation AS "REVIEW_CODE"
		FROM (`+inCare+`) c JOIN looked_after_review r ON r.child_id = c.id
		WHERE r.date >= make_date(%[1]d - 1, 4, 1) AND r.date <= make_date(%[1]d, 3, 31)
		ORDER BY c.id, r.date`, year)}
	return q.write(ctx, conn, o.Dir)
}

// careEpisodes writes the rows that the record store derives from periods,
// statuses and placements, as the return of the year shows them: what had not
// ended by 31 March has no end.
func careEpisodes(ctx context.Context, conn *pgx.Conn, o FilesOptions, year int) (made File, err error) {
	rows, err := conn.Query(ctx, `/* county.careEpisodes */ SELECT number, public_id::text FROM (`+fmt.Sprintf(inCare, year)+`) c`)
	if err != nil {
		return made, fmt.Errorf("list the children in care: %w", err)
	}
	type known struct{ Number, ID string }
	children, err := pgx.CollectRows(rows, pgx.RowToStructByPos[known])
	if err != nil {
		return made, fmt.Errorf("list the children in care: %w", err)
	}
	made = File{Path: filepath.Join(o.Dir, "ssda903-"+strconv.Itoa(year)+"-episodes.csv"), Format: "ssda903-episodes"}
	f, err := create(made.Path)
	if err != nil {
		return made, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", made.Path, err), os.Remove(made.Path))
		}
	}()
	w := csv.NewWriter(f)
	err = w.Write([]string{"CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"})
	if err != nil {
		return made, err
	}
	first, next := records.NewDate(year-1, time.April, 1), records.NewDate(year, time.April, 1)
	for _, c := range children {
		list, err := o.Store.Episodes(ctx, access.System(access.Generating), c.ID)
		if err != nil {
			return made, fmt.Errorf("derive the episodes: %w", err)
		}
		for _, e := range list {
			if !e.From.Before(next) || !e.To.IsZero() && e.To.Before(first) {
				continue
			}
			if e.To.IsZero() || !e.To.Before(next) {
				e.To, e.End, e.Change = records.Date{}, "", ""
			}
			err := w.Write([]string{c.Number, british(e.From), e.Reason, e.Status, e.Need, e.Type, e.Provider, british(e.To), e.End, e.Change, e.Home, e.Postcode, e.URN})
			if err != nil {
				return made, err
			}
			made.Rows++
		}
	}
	w.Flush()
	return made, w.Error()
}

// british is the day as the return writes it.
func british(d records.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format("02/01/2006")
}
