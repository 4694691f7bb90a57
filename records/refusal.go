package records

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// refusal turns what PostgreSQL refused to store into what is wrong with the
// record, by SQLSTATE and the constraint's name; any other error comes back as
// it is. That an identifier is taken says no more than that, whoever has it.
func (k *Kind) refusal(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	var p Problems
	switch pg.Code {
	case "23505", "23P01": // unique_violation, exclusion_violation
		problem, ok := k.taken[pg.ConstraintName]
		if !ok && len(k.taken) == 1 { // a partition has names of its own
			for _, problem = range k.taken {
				ok = true
			}
		}
		if !ok {
			return err
		}
		p.Add(problem.Field, problem.Code, problem.Message)
	case "23503": // foreign_key_violation
		f, ok := k.constrained(pg.ConstraintName)
		if !ok {
			return err
		}
		if f.Codes != "" {
			p.Add(f.Name, UnknownCode, "is not one of the codes: choose one from the list")
		} else {
			p.Add(f.Name, NoSuchRecord, "there is no such record, or not of this child: give the id that its record shows")
		}
	case "23514": // check_violation
		if pg.ConstraintName == "" && k.PartitionedBy != "" {
			p.Add(k.PartitionedBy, OutOfRange, "no register is kept for that academic year: check the date")
			break
		}
		f, ok := k.constrained(pg.ConstraintName)
		if !ok {
			return err
		}
		p.Add(f.Name, OutOfRange, "is outside of what may be stored: check it")
	case "23502": // not_null_violation
		for i := range k.Fields {
			if k.Fields[i].Column == pg.ColumnName {
				p.Add(k.Fields[i].Name, Required, "must be given")
				return p.Err()
			}
		}
		return err
	default:
		return err
	}
	return p.Err()
}

// constrained finds the field whose column a constraint is named after:
// <table>_<column>_..., and of two columns the longer name.
func (k *Kind) constrained(constraint string) (*Field, bool) {
	var found *Field
	for i := range k.Fields {
		f := &k.Fields[i]
		if strings.HasPrefix(constraint, k.Table+"_"+f.Column+"_") && (found == nil || len(f.Column) > len(found.Column)) {
			found = f
		}
	}
	return found, found != nil
}

// constraint reports whether PostgreSQL refused a statement by a constraint.
func constraint(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && strings.HasPrefix(pg.Code, "23")
}
