package smtp

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	gosmtp "github.com/emersion/go-smtp"
)

// Send makes one attempt to hand the mail to the server, on a connection of its
// own. from is the envelope's sender, to whom bounces go; "" for automatic mail,
// so that none come. raw is as Compose or Sign gave it.
//
// Result reports for each recipient what happened. The error is nil if at
// least one was accepted, and of type *Error otherwise. Recipients that are
// Deferred may be tried again alone, those that are Accepted must not be.
func Send(ctx context.Context, s Server, from string, recipients []string, raw []byte) (Result, error) {
	return send(ctx, s, []string{from}, recipients, raw)
}

// SendAutomatic is Send for mail that no machine is to answer (RFC 3834): it has
// no sender in its envelope, unless the server refuses it for all recipients
// without one. Then from is the sender.
func SendAutomatic(ctx context.Context, s Server, from string, recipients []string, raw []byte) (Result, error) {
	return send(ctx, s, []string{"", from}, recipients, raw)
}

// send offers the mail with the senders, one after the other, until one is not
// refused.
func send(ctx context.Context, s Server, senders, recipients []string, raw []byte) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	a := &attempt{ctx: ctx, raw: raw, recipients: make([]Recipient, len(recipients))}
	for i, address := range recipients {
		a.recipients[i].Address = address
	}
	failed := a.run(s, senders)
	if failed == nil {
		return Result{a.recipients}, nil
	}
	return Result{a.recipients}, failed
}

// attempt is one run of send.
type attempt struct {
	ctx        context.Context
	client     *gosmtp.Client
	raw        []byte
	utf8       bool // the server takes local parts that are not ASCII
	recipients []Recipient
}

func (a *attempt) run(s Server, senders []string) *Error {
	client, failed := s.connect(a.ctx)
	if failed != nil {
		return a.failRemaining(failed)
	}
	defer quitSession(client)
	a.client = client
	for i, from := range senders {
		if i > 0 && a.client.Reset() != nil {
			return failed
		}
		if failed = a.address(from); failed == nil {
			return a.handOverMail()
		}
		if failed.Kind != Permanent {
			return failed
		}
	}
	return failed
}

// address names the sender and the recipients.
func (a *attempt) address(from string) *Error {
	for i, r := range a.recipients {
		a.recipients[i] = Recipient{Address: r.Address}
	}
	sender := ""
	if from != "" {
		var err error
		if sender, err = mailbox(from); err != nil {
			return a.failRemaining(&Error{Kind: Permanent, Text: oneLine(err.Error()), err: err})
		}
	}
	if failed := a.nameSender(sender); failed != nil {
		return a.failRemaining(failed)
	}
	return a.nameRecipients()
}

// failRemaining marks every recipient that was not refused for a reason of its own.
func (a *attempt) failRemaining(failed *Error) *Error {
	for i := range a.recipients {
		if r := &a.recipients[i]; r.Outcome != Refused {
			r.fail(failed)
		}
	}
	return failed
}

// nameSender names the sender, unless it is clear already that the server cannot take
// the mail.
func (a *attempt) nameSender(sender string) *Error {
	if most, known := a.client.MaxMessageSize(); known && most > 0 && len(a.raw) > most {
		return &Error{Kind: Permanent, Code: 552, Text: fmt.Sprintf("the mail has %d bytes, the server takes %d", len(a.raw), most)}
	}
	a.utf8, _ = a.client.Extension("SMTPUTF8")
	head, _, _ := bytes.Cut(a.raw, []byte("\r\n\r\n"))
	international := !ascii(sender) || !ascii(string(head))
	if international && !a.utf8 {
		return &Error{Kind: Permanent, Code: 553, Text: noUTF8}
	}
	for _, r := range a.recipients {
		international = international || a.utf8 && !ascii(localPart(r.Address))
	}
	err := a.client.Mail(sender, &gosmtp.MailOptions{Size: int64(len(a.raw)), UTF8: international})
	if err == nil {
		return nil
	}
	if failed := failure(a.ctx, err); failed.Code != authenticationRequired {
		return failed
	}
	return signIn(a.ctx, err)
}

const (
	noUTF8                 = "5.6.7 the server does not take addresses that are not of ASCII"
	authenticationRequired = 530
	// tooMany at RCPT is what old servers say for 452 (RFC 5321, 4.5.3.1.10).
	tooMany = 552
)

// nameRecipients names the recipients to the server. It fails if none may have
// the mail.
func (a *attempt) nameRecipients() *Error {
	var worst *Error
	taken := 0
	for i := range a.recipients {
		r := &a.recipients[i]
		failed := a.nameRecipient(r.Address)
		if failed == nil {
			r.Outcome = Accepted
			taken++
			continue
		}
		if failed.Code == 0 && failed.Kind == Temporary { // the connection is gone
			return a.failRemaining(failed)
		}
		r.fail(failed)
		if worst == nil || failed.Kind == Temporary {
			worst = failed
		}
	}
	if taken > 0 {
		return nil
	}
	if worst == nil {
		worst = &Error{Kind: Permanent, Text: "the mail has no recipients"}
	}
	return worst
}

func (a *attempt) nameRecipient(address string) *Error {
	box, err := mailbox(address)
	if err != nil {
		return &Error{Kind: Permanent, Text: oneLine(err.Error()), err: err}
	}
	if !ascii(box) && !a.utf8 {
		return &Error{Kind: Permanent, Code: 553, Text: noUTF8}
	}
	if err = a.client.Rcpt(box, nil); err == nil {
		return nil
	}
	failed := failure(a.ctx, err)
	if failed.Code == tooMany {
		failed.Kind = Temporary
	}
	return failed
}

// handOverMail hands the mail over for the recipients that were accepted.
func (a *attempt) handOverMail() *Error {
	failed := a.writeData()
	if failed == nil {
		return nil
	}
	for i := range a.recipients {
		if r := &a.recipients[i]; r.Outcome == Accepted {
			r.fail(failed)
		}
	}
	return failed
}

func (a *attempt) writeData() *Error {
	w, err := a.client.Data()
	if err != nil {
		return failure(a.ctx, err)
	}
	if _, err := w.Write(a.raw); err != nil {
		return failure(a.ctx, err)
	}
	if _, err = w.CloseWithResponse(); err == nil {
		return nil
	}
	failed := failure(a.ctx, err)
	failed.Uncertain = !errors.As(err, new(*gosmtp.SMTPError))
	return failed
}
