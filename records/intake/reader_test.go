package intake

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
)

// Whatever bytes come, they are refused in a sentence, or each line that is
// not blank is a row that either has its values or a problem; the two readings
// agree.
func FuzzScan(f *testing.F) {
	head := "laestab,upn,date,session,code,minutes_late\n"
	row := "8734001,A873400120001,2026-11-02,AM,/,\n"
	for _, s := range []string{"", head, head + row, head + row + row, "\ufeff" + head + "\n" + `"8734001","a""b",,,"",x"y` + "\r\n" + row, head + "\"" + row, head + strings.Repeat(",", 70_000),
		strings.TrimSuffix(head, "\n") + ",file,line,column,value,reason\n'=1,'',,,,,f,2,,,\n", "\xff\xfe", "\x1f\x8b", "laestab,upn,year,attainment8,english_grade,maths_grade\n1,2,3,4e99999999,5,6\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := formats(Formats()).scan(context.Background(), bytes.NewReader(text), "", func(Progress) {})
		var refusal *Refusal
		if errors.As(err, &refusal) {
			if refusal.Why == "" {
				t.Error("refused without a reason")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.repeats.any() {
			if err := s.compare(context.Background(), bytes.NewReader(text)); err != nil {
				t.Fatal(err)
			}
		}
		u := &run{scanned: s, into: s.format.Rows(), report: &Report{}}
		in, err := s.reread(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for {
			found, err := s.read(in)
			if err != nil {
				break
			}
			u.take(found)
		}
		if n := int64(len(u.pending) + len(u.bad)); n != s.rows {
			t.Errorf("%d rows in the first reading, %d in the second", s.rows, n)
		}
		for _, r := range u.pending {
			if len(r.fields) != len(s.format.Header) {
				t.Errorf("line %d has %d values", r.line, len(r.fields))
			}
		}
		for _, b := range u.bad {
			if b.Reason == "" {
				t.Errorf("line %d is rejected without a reason", b.line)
			}
		}
	})
}

// What the standard library's reader divides, this one divides alike.
func FuzzDivide(f *testing.F) {
	for _, s := range []string{`a,b`, `"a","b""c",`, `a"b,c`, `"a"b`, `"a`, `,,"",`, `" "," x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\n") || text == "" {
			return
		}
		fields, broken := divide(text, ",")
		in := csv.NewReader(strings.NewReader(text))
		want, err := in.Read()
		if (err != nil) != (broken != "") {
			t.Fatalf("%q: %q, %v", text, broken, err)
		}
		if err == nil && strings.Join(fields, "\x00") != strings.Join(want, "\x00") {
			t.Errorf("%q: %q, want %q", text, fields, want)
		}
	})
}

func TestArmedCellsComeBackAsTheyWere(t *testing.T) {
	for _, s := range []string{"", "x", "=1", "'=1", "''=1", "'", "''", "'x", "-5", "+44", "@a", "\tx", "'\t", "/", `\`} {
		if got := disarmed(armed(s)); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
		if a := armed(s); a != "" && strings.ContainsAny(a[:1], "=+-@\t\r") {
			t.Errorf("%q is written as %q", s, a)
		}
	}
}

func TestContradictionsAreFoundInAnyOrder(t *testing.T) {
	r := newRepeats(1 << 20)
	subjects := []string{"a", "b", "c", "a", "b", "a"}
	said := []string{"1", "1", "1", "1", "2", "3"}
	for _, s := range subjects {
		r.first(s)
	}
	if !r.any() {
		t.Fatal("no repeats found")
	}
	for i, s := range subjects {
		r.second(int64(i+2), s, said[i])
	}
	for i, want := range []int64{7, 6, 0, 2, 3, 2} {
		if got := r.contradicted(int64(i+2), subjects[i]); got != want {
			t.Errorf("line %d is contradicted by line %d, want %d", i+2, got, want)
		}
	}
}
