package records_test

import (
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
)

// An education welfare officer sees that a social worker is involved, and who;
// that there is a case they do not see, in its id neither.
func TestInvolvementDoesNotTellOfTheCase(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	k, _ := records.KindOf("involvement")
	c.involved.FromDate = day("2025-01-11")
	if err := h.store.Put(t.Context(), everything, c.involved, "the section 47 began a day before"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		who  string
		want string
	}{{"welfare", ""}, {"social", c.socialCase.ID}} {
		v := welfare
		if x.who == "social" {
			v = social
		}
		rec, err := h.store.Get(t.Context(), v, k, c.involved.ID)
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.store.List(t.Context(), v, k, records.ListQuery{Child: c.child.ID})
		if err != nil || len(list.Records) != 1 {
			t.Fatal(len(list.Records), err)
		}
		versions, err := h.store.History(t.Context(), v, k, c.involved.ID)
		if err != nil || len(versions) != 2 {
			t.Fatal(len(versions), err)
		}
		if told := versions[1].Reason != ""; told != (x.want != "") {
			t.Errorf("the %s viewer is told why the involvement was corrected: %t", x.who, told)
		}
		for _, r := range []records.Record{rec, list.Records[0], versions[0].Record, versions[1].Record} {
			i := r.(*records.Involvement)
			if i.Case != x.want || i.Worker != c.worker.ID || i.Child != c.child.ID {
				t.Errorf("the %s viewer is shown case %q, worker %q of child %q", x.who, i.Case, i.Worker, i.Child)
			}
		}
	}
}

// A confidential address is shown to those who keep addresses, and to nobody
// else who may know who the child is: neither as it stands nor as it stood
// before it was confidential.
func TestConfidentialAddressIsWithheld(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.county()
	k, _ := records.KindOf("address")
	transport := accesstest.Viewer(access.TransportOfficer)
	before, err := h.store.Get(t.Context(), transport, k, c.address.ID)
	if err != nil || before.(*records.Address).Postcode == "" {
		t.Fatalf("an ordinary address: %+v %v", before, err)
	}
	c.address.Confidential = true
	if err := h.store.Put(t.Context(), everything, c.address, "moved to the refuge in Madeup Lane"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		who   string
		v     access.Viewer
		shown bool
	}{{"transport", transport, false}, {"welfare", welfare, false}, {"social", social, true}} {
		rec, err := h.store.Get(t.Context(), x.v, k, c.address.ID)
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.store.List(t.Context(), x.v, k, records.ListQuery{Child: c.child.ID})
		if err != nil || len(list.Records) != 1 {
			t.Fatal(len(list.Records), err)
		}
		versions, err := h.store.History(t.Context(), x.v, k, c.address.ID)
		if err != nil || len(versions) != 2 {
			t.Fatal(len(versions), err)
		}
		if told := versions[1].Reason != ""; told != x.shown {
			t.Errorf("the %s viewer is told why it became confidential: %t", x.who, told)
		}
		for n, r := range []records.Record{rec, list.Records[0], versions[0].Record, versions[1].Record} {
			a := r.(*records.Address)
			if shown := a.Lines != "" || a.Postcode != "" || a.UPRN != 0 || a.District != ""; shown != x.shown || a.FromDate != c.address.FromDate {
				t.Errorf("the %s viewer is shown in reading %d: %t", x.who, n, shown)
			}
		}
	}
}
