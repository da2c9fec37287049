package smtpserver

import gosmtp "github.com/emersion/go-smtp"

// Answer is what the server does at a step.
type Answer struct {
	kind  kind
	error *gosmtp.SMTPError
	until <-chan struct{}
}

type kind int

const (
	accept kind = iota
	answerWith
	dropWithin
	dropAfter
	wait
)

// Accept goes on as if nothing had been ordered.
func Accept() Answer { return Answer{} }

// Defer answers 451.
func Defer() Answer { return Say(451, 4, 7, 1, "Come back later") }

// Refuse answers 550.
func Refuse() Answer { return Say(550, 5, 1, 1, "No such person") }

// Say answers with a code, its enhanced code and a text, of which "\n" makes
// several lines.
func Say(code, class, subject, detail int, text string) Answer {
	return Answer{kind: answerWith, error: &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{class, subject, detail}, Message: text}}
}

// Drop breaks the connection off: at AtData within the mail, which is lost.
func Drop() Answer { return Answer{kind: dropWithin} }

// DropAfter breaks the connection off when the whole mail has come and is kept,
// without telling so. It is for AtData.
func DropAfter() Answer { return Answer{kind: dropAfter} }

// Wait goes on when the channel is closed, or the test has ended.
func Wait(until <-chan struct{}) Answer { return Answer{kind: wait, until: until} }

// script is what is still to be done at each step, first to last.
type script struct {
	mail, anyone, data []Answer
	recipients         map[string][]Answer
}

// AtMail orders what to do at the next MAIL commands.
func (s *Server) AtMail(answers ...Answer) {
	s.changeScript(func(c *script) { c.mail = append(c.mail, answers...) })
}

// AtRecipient orders what to do when the address is next named; "": any
// address for which nothing else is ordered.
func (s *Server) AtRecipient(address string, answers ...Answer) {
	s.changeScript(func(c *script) {
		if address == "" {
			c.anyone = append(c.anyone, answers...)
			return
		}
		c.recipients[address] = append(c.recipients[address], answers...)
	})
}

// AtData orders what to do with the next mails.
func (s *Server) AtData(answers ...Answer) {
	s.changeScript(func(c *script) { c.data = append(c.data, answers...) })
}

func (s *Server) changeScript(change func(*script)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.script)
}

// nextAnswer takes the first answer off a list; without any, it is to accept.
func (s *Server) nextAnswer(list func(*script) *[]Answer) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := list(&s.script)
	if len(*answers) == 0 {
		return Accept()
	}
	first := (*answers)[0]
	*answers = (*answers)[1:]
	return first
}

func (s *Server) recipient(address string) Answer {
	return s.nextAnswer(func(c *script) *[]Answer {
		own := c.recipients[address]
		if len(own) == 0 {
			return &c.anyone
		}
		c.recipients[address] = own[1:]
		first := own[:1:1]
		return &first
	})
}

// carryOut does what is ordered, and returns what to answer the client.
func (s *session) carryOut(a Answer) error {
	switch a.kind {
	case answerWith:
		return a.error
	case dropWithin, dropAfter:
		_ = s.conn.Conn().Close()
		return &gosmtp.SMTPError{Code: 421, Message: "Gone"}
	case wait:
		select {
		case <-a.until:
		case <-s.server.ended:
		}
	}
	return nil
}
