package api

// The operations on one kind of record: list, create, read, correct, end, delete, history.

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"onevision/records"
)

// kindAPI answers for one kind of record; all kinds share it.
type kindAPI struct {
	*records.Kind
	server *server
	// index is where in the struct a member of a body goes; nil for one that
	// the store sets.
	index map[string][]int
	// ending are the fields that may be given with the last day: it, and what
	// says why a record ended.
	ending map[string][]int
}

func newKindAPI(s *server, k *records.Kind) *kindAPI {
	a := &kindAPI{Kind: k, server: s, index: map[string][]int{}, ending: map[string][]int{}}
	for _, sf := range reflect.VisibleFields(k.Type) {
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "" || name == "-" || !sf.IsExported() {
			continue
		}
		a.index[name] = sf.Index
		if f, ok := k.Field(name); ok && f.Derived || sf.Tag.Get("readOnly") == "true" {
			a.index[name] = nil
		}
		if name == "to_date" || sf.Tag.Get("on") == "to_date" {
			a.ending[name] = sf.Index
		}
	}
	return a
}

func (k *kindAPI) path() string            { return base + "/" + k.Plural }
func (k *kindAPI) pathOf(id string) string { return k.path() + "/" + url.PathEscape(id) }
func (k *kindAPI) entity() string          { return k.Type.Name() }
func etag(rec records.Record) string       { return `"` + strconv.Itoa(rec.Head().Version) + `"` }
func (k *kindAPI) one(r records.Record) answer {
	return answer{status: http.StatusOK, header: map[string]string{"ETag": etag(r)}, body: r}
}

// mayRead is what the store will say too. It is asked first, so that what is
// wrong with a request is told only to those who may make it.
func (k *kindAPI) mayRead(c call) error {
	if !c.viewer.Reads(k.Category) {
		return records.ErrNotFound
	}
	return nil
}

func (k *kindAPI) mayWrite(c call) error {
	if err := k.mayRead(c); err != nil {
		return err
	}
	if !c.viewer.Writes(k.Category) {
		return records.ErrForbidden
	}
	return nil
}

func (k *kindAPI) create(c call) (answer, error) {
	if err := k.mayWrite(c); err != nil {
		return answer{}, err
	}
	why, err := c.reason()
	if err != nil {
		return answer{}, err
	}
	key, err := c.repeatKey()
	if err != nil {
		return answer{}, err
	}
	body, err := c.body(longestBody)
	if err != nil {
		return answer{}, err
	}
	rec, err := k.decode(body)
	if err != nil {
		return answer{}, err
	}
	again := false
	if key == "" {
		err = k.server.Store.Put(c.ctx, c.viewer, rec, why)
	} else {
		rec, again, err = k.createOnce(c, key, body, rec, why)
	}
	if err != nil {
		return answer{}, err
	}
	a := k.one(rec)
	a.status, a.header["Location"] = http.StatusCreated, k.pathOf(rec.Head().ID)
	if again {
		a.header["Idempotency-Replayed"] = "true"
	}
	return a, nil
}

func (k *kindAPI) read(c call) (answer, error) {
	rec, err := k.server.Store.Get(c.ctx, c.viewer, k.Kind, c.Param("id"))
	if err != nil {
		return answer{}, err
	}
	return k.one(rec), nil
}

// changing is what every change of a record that is there begins with: that the
// viewer may make it, the version that they saw, and why.
func (k *kindAPI) changing(c call) (version int, why string, err error) {
	if err := k.mayWrite(c); err != nil {
		return 0, "", err
	}
	if version, err = c.version(); err != nil {
		return 0, "", err
	}
	why, err = c.reason()
	return version, why, err
}

func (k *kindAPI) correct(c call) (answer, error) {
	version, why, err := k.changing(c)
	if err != nil {
		return answer{}, err
	}
	body, err := c.body(longestBody)
	if err != nil {
		return answer{}, err
	}
	rec, err := k.decode(body)
	if err != nil {
		return answer{}, err
	}
	rec.Head().ID, rec.Head().Version = c.Param("id"), version
	if err := k.server.Store.Put(c.ctx, c.viewer, rec, why); err != nil {
		return answer{}, err
	}
	return k.one(rec), nil
}

func (k *kindAPI) end(c call) (answer, error) {
	version, why, err := k.changing(c)
	if err != nil {
		return answer{}, err
	}
	body, err := c.body(longestBody)
	if err != nil {
		return answer{}, err
	}
	rec, err := k.ended(c, body, version, why)
	if err != nil {
		return answer{}, err
	}
	return k.one(rec), nil
}

func (k *kindAPI) delete(c call) (answer, error) {
	version, why, err := k.changing(c)
	if err != nil {
		return answer{}, err
	}
	if why == "" {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "Say in the Reason header why the record is deleted.",
			[]records.Problem{{Field: reasonHeader, Code: records.Required, Message: "must be given"}}}
	}
	if err := k.server.Store.Delete(c.ctx, c.viewer, k.Kind, c.Param("id"), version, why); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

// history is the body of an answer about a record's past.
type history struct {
	Versions []records.Version `json:"versions"`
}

func (k *kindAPI) history(c call) (answer, error) {
	versions, err := k.server.Store.History(c.ctx, c.viewer, k.Kind, c.Param("id"))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: history{versions}}, nil
}

// page is the body of a list: some records, and the address of those after.
type page struct {
	Records []records.Record `json:"records"`
	Next    string           `json:"next,omitempty"`
}

func (k *kindAPI) list(c call) (answer, error) {
	if err := k.mayRead(c); err != nil {
		return answer{}, err
	}
	address := c.Request().URL
	q, err := query(address.Query())
	if err != nil {
		return answer{}, err
	}
	found, err := k.server.Store.List(c.ctx, c.viewer, k.Kind, q)
	var invalid *records.Invalid
	if errors.As(err, &invalid) {
		return answer{}, badQuery(invalid.Problems...)
	}
	if err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, header: map[string]string{}}
	p := page{Records: found.Records}
	if found.Next != "" {
		values := address.Query()
		values.Set("after", found.Next)
		p.Next = k.path() + "?" + values.Encode()
		a.header["Link"] = "<" + p.Next + `>; rel="next"`
	}
	a.body = p
	return a, nil
}
