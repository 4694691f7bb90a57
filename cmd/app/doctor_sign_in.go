package app

import "context"

// signIn looks whether the organisation's own sign-in is set up as it must be, and can
// be reached from here.
func (d Doctor) signIn(ctx context.Context, e *Examination) {
	const subject = "the organisation's sign-in"
	if d.Organisation == nil {
		return
	}
	if err := d.Organisation.Examine(ctx); err != nil {
		e.lacks(subject, "", "%s: %v; until it is mended, people sign in with passwords (docs/sign-in.md)", d.Organisation.Issuer, err)
		return
	}
	e.fine(subject, "%s answers; whether it accepts the secret is known when somebody signs in", d.Organisation.Issuer)
}
