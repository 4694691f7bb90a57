package intake

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// The school census, as a school's system writes it for the authority: an XML
// file of one school (or, put together, of several), of which the pupils and
// their enrolments are read.

var _ = Define(func() Format {
	f := pupilsFormat("school-census", "School census (XML)", -8)
	f.Like = likeCensus
	f.Open = func(r io.Reader) source { return newCensus(r) }
	return f
}())

// likeCensus reports whether a file begins as a census does.
func likeCensus(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	return bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head, []byte("Message")) &&
		(bytes.Contains(head, []byte("<PupilOnRoll")) || bytes.Contains(head, []byte("<Pupils")) || bytes.Contains(head, []byte("<Collection>SC")) || bytes.Contains(head, []byte("<Estab>")))
}

// census reads the pupils of a school census one by one.
type census struct {
	in         *xml.Decoder
	raw        *byteCount
	lea, estab string
	done       bool
}

// byteCount counts the bytes that were read.
type byteCount struct {
	io.Reader
	n int64
}

func (c *byteCount) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

func newCensus(r io.Reader) *census {
	raw := &byteCount{Reader: r}
	c := &census{in: xml.NewDecoder(raw), raw: raw}
	c.in.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "windows-1252", "iso-8859-1", "latin1":
			return charmap.Windows1252.NewDecoder().Reader(in), nil
		case "us-ascii", "ascii":
			return in, nil
		}
		return nil, fmt.Errorf("the encoding %s is none that is known", charset)
	}
	return c
}

func (c *census) place() (line, read int64) {
	n, _ := c.in.InputPos()
	return int64(n), c.raw.n
}

func (c *census) ended() bool { return c.done }

// next gives the next pupil, in the order of pupilHeader.
func (c *census) next() (row, error) {
	for {
		line, _ := c.place()
		token, err := c.in.Token()
		if err == io.EOF {
			c.done = true
			return row{line: line}, io.EOF
		}
		if err != nil {
			return row{line: line}, badXML(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch name := e.Name.Local; name {
			case "PupilOnRoll", "PupilNoLongerOnRoll":
				return c.pupil(line, name)
			case "LEA", "Estab":
				value, err := c.text()
				if err != nil {
					return row{line: line}, badXML(err)
				}
				if name == "LEA" {
					c.lea = value
				} else {
					c.estab = value
				}
			}
		}
	}
}

// text is the text of the element that has just begun, to its end.
func (c *census) text() (string, error) {
	var b strings.Builder
	for depth := 1; depth > 0; {
		token, err := c.in.Token()
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			b.Write(e)
		}
	}
	return strings.TrimSpace(b.String()), nil
}

// pupil reads a pupil's element: the first value of each name counts, wherever in
// it that stands.
func (c *census) pupil(line int64, within string) (row, error) {
	values := map[string]string{}
	var name string
	var text strings.Builder
	for depth := 1; depth > 0; {
		token, err := c.in.Token()
		if err != nil {
			return row{line: line}, badXML(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			name = e.Name.Local
			text.Reset()
		case xml.CharData:
			text.Write(e)
		case xml.EndElement:
			depth--
			if value := strings.TrimSpace(text.String()); value != "" && e.Name.Local == name {
				if _, there := values[name]; !there {
					values[name] = value
				}
			}
			name = ""
			text.Reset()
		}
	}
	first := func(names ...string) string {
		for _, n := range names {
			if v := values[n]; v != "" {
				return v
			}
		}
		return ""
	}
	var address []string
	for _, n := range []string{"SAON", "PAON", "Street", "Locality", "Town", "AdministrativeArea", "PostTown", "AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "AddressLine5"} {
		if v := values[n]; v != "" {
			address = append(address, v)
		}
	}
	status := first("EnrolStatus", "PupilEnrolmentStatus")
	if within == "PupilNoLongerOnRoll" && status == "" {
		status = "C"
	}
	fields := []string{c.lea + c.estab, values["Surname"], values["Forename"], first("DOB", "PersonBirthDate"), first("Sex", "Gender"), first("EntryDate", "PupilEntryDate"), values["UPN"],
		values["FormerUPN"], values["MiddleNames"], values["Ethnicity"], status, first("LeavingDate", "PupilLeavingDate"), strings.Join(address, "\n"), first("PostCode", "Postcode")}
	found := row{line: line, fields: fields, text: strings.Join(fields, ",")}
	if within == "PupilNoLongerOnRoll" && fields[11] == "" {
		found.broken = "is of a pupil who is no longer on roll, and has no LeavingDate: give it"
	}
	return found, nil
}

// badXML refuses a file whose XML cannot be read to its end.
func badXML(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return refuse("line %d of the XML cannot be read (%s): the file is damaged or was cut off; send it again", syntax.Line, syntax.Msg)
	}
	return refuse("the XML cannot be read (%v): send the file again", err)
}
